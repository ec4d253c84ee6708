"""What is written after a watch began is named, so that its reader need not look at everything again."""

from pathlib import Path

import anyio
import pytest

from bridge.daemon.changes import Changes


@pytest.fixture
def changes(request: pytest.FixtureRequest) -> Changes:
    made = Changes()
    request.addfinalizer(made.stop)
    return made


@pytest.mark.anyio
async def test_the_first_write_is_named(changes: Changes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.daemon.changes.POLL_WATCHED_S", 60.0)
    file = tmp_path / "chat.jsonl"
    async with changes.watch([tmp_path]) as change:
        await anyio.Path(file).write_text("{}\n")
        with anyio.fail_after(30):
            assert await change.wait() == frozenset({file})


@pytest.mark.anyio
async def test_what_is_gone_has_to_be_looked_for(
    changes: Changes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.daemon.changes.POLL_WATCHED_S", 60.0)
    file = tmp_path / "chat.jsonl"
    file.write_text("{}\n")
    async with changes.watch([tmp_path]) as change:
        await anyio.Path(file).unlink()
        with anyio.fail_after(30):
            assert await change.wait() is None
