"""What holds in every test: coroutines run on asyncio, and a call of ours that blocks the event loop raises."""

import signal
from collections.abc import Iterator

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import HealthCheck, settings

# How fast the machine is shall not decide.
settings.register_profile("koru", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("koru")

# What a script runs in the background ignores Ctrl-C, and so would all that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

OURS = ["bridge", "injectors", "observers", "registry"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_blocking_call() -> Iterator[None]:
    """Only calls made from our packages count; what a test itself does in its loop is its own affair."""
    with blockbuster_ctx(OURS):
        yield
