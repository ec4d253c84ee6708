"""Every check of a test looks at the home of that test."""

import os
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def at_home(home: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process looks where the daemons of the test are."""
    for name in [name for name in os.environ if name.startswith(("KORU_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name, value in home.environment().items():
        monkeypatch.setenv(name, value)
    yield
