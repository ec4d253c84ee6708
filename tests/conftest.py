"""What holds in every test: coroutines run on asyncio, and a call of ours that blocks the event loop raises."""

import os
import signal
from collections.abc import Generator, Iterator

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import HealthCheck, settings

from bridge.contained import SWITCH
from tests.sampling import SEED, SOAK

# How fast the machine is shall not decide, nor chance: what is drawn at random is drawn in `make soak`.
settings.register_profile(
    "koru", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=not SOAK, database=None
)
settings.load_profile("koru")

# What a script runs in the background ignores Ctrl-C, and so would all that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What a daemon would contain fails the test, but for the tests that plant such a fault (`faults_kept`).
os.environ[SWITCH] = "raise"

OURS = ["bridge", "injectors", "observers", "registry"]


def pytest_report_header() -> str:
    return f"samples: {'all of everything (soak)' if SOAK else f'KORU_SEED={SEED}'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests for `make soak` to it."""
    if not SOAK:
        left_out = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if not item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A sample that fails says how to run it again."""
    report = yield
    if report.failed and item.get_closest_marker("sampled"):
        command = f"KORU_SEED={SEED} {'KORU_SOAK=1 ' if SOAK else ''}.venv/bin/python -m pytest '{item.nodeid}'"
        report.sections.append(("the same sample again", command))
    return report


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def faults_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test that plants a fault of ours: it is contained as in the daemon of a person."""
    monkeypatch.setenv(SWITCH, "keep")


@pytest.fixture(autouse=True)
def no_blocking_call() -> Iterator[None]:
    """Only calls made from our packages count; what a test itself does in its loop is its own affair."""
    with blockbuster_ctx(OURS):
        yield
