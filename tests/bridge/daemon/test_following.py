"""What is told of a turn that failed: the store's own word on a rate limit before what a text seems to say."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest

from bridge.clock import now_ms
from bridge.daemon.changes import Changes
from bridge.daemon.drives.witnesses import Shown, Witnesses
from bridge.daemon.goals.turn_follower import Quiet, TurnFollower, driven
from bridge.drive.match import text_sha
from bridge.drive.record import DriveRecord
from bridge.drive.steps import Anchor
from bridge.goals.steps import Driven
from bridge.protocol.messages.chat import ChatTarget
from bridge.protocol.messages.drive import DriveStartParams, DriveView, FactView, TurnView
from bridge.protocol.messages.surfaces import SurfaceSelector
from observers.catalogue import OBSERVERS

CODEX = Path(__file__).parents[2] / "stores" / "codex" / "limits" / "store"
RECORDED_RESET = "1795277200"
RECORDED_TIME = re.compile(r"2026-11-21T15:\d\d:\d\d\.000Z")
HOUR_MS = 3_600_000


def view(detail: str | None, reason: str = "the turn failed") -> DriveView:
    facts = [FactView(kind="turn_failed", grade="host", source="s", at_ms=1, detail=detail)]
    return DriveView(
        drive_id="g.1",
        state="settled",
        text_sha="0" * 64,
        text_chars=1,
        accepted_at_ms=1,
        facts=facts,
        candidates=[],
        outcome="confirmed",
        turn=TurnView(state="turn_failed", reason=reason),
    )


def record(text: str, anchor: Anchor) -> DriveRecord:
    params = DriveStartParams(drive_id="g.1", text=text, selector=SurfaceSelector(), target=ChatTarget())
    return DriveRecord(
        params.drive_id, params, text_sha(text), len(text), "", "s", 0, [], state="settled", anchor=anchor
    )


class Drives:
    """One drive, whose turn is over."""

    def __init__(self, found: DriveView, kept: DriveRecord) -> None:
        self._found, self._kept = found, kept

    async def wait(self, params: object) -> DriveView:
        return self._found

    get = wait

    async def record(self, drive_id: str) -> DriveRecord:
        return self._kept

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nobody should have asked for {name}")


@pytest.fixture
def changes() -> Iterator[Changes]:
    watching = Changes()
    yield watching
    watching.stop()


def follow(changes: Changes, folder: Path, resets_at_s: int, detail: str | None) -> tuple[Driven, Driven]:
    """The turn `limit` of a recorded store, as if it were now, with another reset time: followed, and rejoined."""
    codex = OBSERVERS["codex"]
    (folder / "sessions").mkdir(parents=True)
    anchor = Anchor("codex", codex.cursor(codex.at(folder)).dump())
    shutil.copytree(CODEX, folder, dirs_exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for path in folder.rglob("*.jsonl"):
        text = path.read_text("utf-8").replace(RECORDED_RESET, str(resets_at_s))
        path.write_text(RECORDED_TIME.sub(now, text), "utf-8")
    nobody: Any = None
    stores = Witnesses(OBSERVERS, nobody, changes, nobody, nobody)
    drives: Any = Drives(view(detail), record("limit", anchor))
    follower = TurnFollower(drives, nobody, stores, nobody, lambda surface: None)

    async def both() -> tuple[Driven, Driven]:
        followed = await follower.follow("g.1", [], Quiet(HOUR_MS, lambda: None), lambda told: None)
        return followed, await follower.rejoin("g.1", 30)

    return anyio.run(both)


@pytest.mark.parametrize("detail", ["You've hit your usage limit. Try again in 2 seconds.", "no such word", None])
def test_the_store_says_until_when(detail: str | None, changes: Changes, tmp_path: Path) -> None:
    before = now_ms()
    resets_at_s = before // 1000 + 3600
    for told in follow(changes, tmp_path / "codex", resets_at_s, detail):
        assert told.limited
        assert told.resets_in_ms is not None
        assert resets_at_s * 1000 - now_ms() <= told.resets_in_ms <= resets_at_s * 1000 - before


def test_a_reset_that_is_over_leaves_it_to_the_text(changes: Changes, tmp_path: Path) -> None:
    followed, rejoined = follow(changes, tmp_path / "codex", 1_700_000_000, "rate limit: try again in 7 seconds")
    assert (followed.limited, followed.resets_in_ms) == (True, 7000)
    assert (rejoined.limited, rejoined.resets_in_ms) == (True, None)


def test_without_a_store_the_text_is_read() -> None:
    assert (driven(view("rate limited: try again in 7 seconds")).resets_in_ms) == 7000
    assert driven(view(None, "too many requests")).limited
    assert not driven(view("the model is gone")).limited


def test_what_did_not_fail_is_not_limited() -> None:
    ended = view("rate limited").model_copy(update={"turn": TurnView(state="completed", reply="I hit a rate limit.")})
    assert not driven(ended, shown=Shown("completed")).limited
