"""Every case of every store, one after another."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from observers import activity
from tests.observers.test_cases import CASES, Case


@pytest.fixture(params=CASES, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    made = Case(request.param, tmp_path)
    # The clock stands where it stood when the product wrote the files.
    monkeypatch.setattr(activity, "now_ms", lambda: made.expected["clock_ms"])
    yield made
    made.stage.close()
