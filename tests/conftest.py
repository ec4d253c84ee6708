"""What holds in every test: coroutines run on asyncio, and a call of ours that blocks the event loop raises."""

import os
import signal
from collections.abc import Generator, Iterator

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import HealthCheck, core, is_hypothesis_test, settings
from hypothesis.internal.conjecture import providers

from bridge.contained import SWITCH
from tests.sampling import SEED, SOAK, count

# How fast the machine is shall not decide, nor what failed before: KORU_SEED alone decides what is drawn.
settings.register_profile(
    "koru",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=False,
    database=None,
    max_examples=count(100, 1_000),
)
settings.load_profile("koru")
core.global_force_seed = SEED  # type: ignore[assignment]
# Hypothesis would draw constants of those of our modules that are imported by then, too: others alone than in a lane.
providers._get_local_constants = lambda: providers._local_constants

# What a script runs in the background ignores Ctrl-C, and so would all that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What a daemon would contain fails the test, but for the tests that plant such a fault (`faults_kept`).
os.environ[SWITCH] = "raise"

OURS = ["bridge", "injectors", "observers", "registry"]


def pytest_report_header() -> str:
    return f"samples: {'all of everything (soak)' if SOAK else f'KORU_SEED={SEED}'}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What Hypothesis draws is a sample, too, before `-m` chooses."""
    for item in items:
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            item.add_marker("sampled")


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
