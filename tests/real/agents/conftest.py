"""Real agents for tests, each in a home of its own; how its screen looked when a test failed."""

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# The harness is imported by the same names from here, from mypy and from scripts.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.real.agents.install import Agents, find  # noqa: E402
from tests.real.agents.stage import Stage  # noqa: E402
from tests.real.vscode.install import Missing, cache_directory  # noqa: E402


@pytest.fixture(scope="session")
def agents() -> Agents:
    """The installed agents. Where there are none: a skip, or with CI=true a failure."""
    try:
        return find(cache_directory())
    except Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(f"the real agents are not tested: {missing}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for stage in getattr(item, "funcargs", {}).values():
            if isinstance(stage, Stage):
                report.sections.append(("agent", stage.report()))
    return report
