"""The guard against blocking calls can fail."""

import time
from pathlib import Path

import pytest
from blockbuster import BlockingError

import bridge


def call_from(path: Path) -> None:
    """Sleep in code that says it stands in `path`."""
    exec(compile("time.sleep(0.001)", str(path), "exec"), {"time": time})  # noqa: S102


@pytest.mark.anyio
async def test_a_blocking_call_of_ours_in_the_loop_raises() -> None:
    with pytest.raises(BlockingError):
        call_from(Path(bridge.__path__[0]) / "planted.py")


@pytest.mark.anyio
async def test_a_test_may_block_its_own_loop() -> None:
    call_from(Path(__file__))


def test_outside_the_loop_everybody_may_block() -> None:
    call_from(Path(bridge.__path__[0]) / "planted.py")
