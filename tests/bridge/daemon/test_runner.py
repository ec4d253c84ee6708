"""What the runner looks at before anything is touched, what it writes, and what ends with an attempt that declined."""

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from bridge.daemon import permissions as permissions_module
from bridge.daemon.drives.lanes import Lanes
from bridge.daemon.drives.open_drive import OpenDrive
from bridge.daemon.drives.runner import Runner
from bridge.daemon.drives.service import DriveService
from bridge.daemon.drives.store import DriveStore
from bridge.daemon.faults import Faults
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.daemon.permissions import Permissions
from bridge.drive import machine
from bridge.drive.evidence import Fact, Verdict
from bridge.drive.match import text_sha
from bridge.drive.record import DriveRecord
from bridge.drive.selector import Surface
from bridge.drive.steps import Anchor, Candidate, ChannelDeclined, DriveEvent, EventSink, Learned
from bridge.ledger.store import Ledger
from bridge.policy.redaction import Redactor
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.approvals import ApprovalDecideParams, ApprovalsListParams
from bridge.protocol.messages.chat import ChatTarget
from bridge.protocol.messages.drive import DriveGetParams
from bridge.protocol.messages.events import Event
from registry.load import load

pytestmark = pytest.mark.anyio

PATIENCE = 60.0
TEXT = "hello"
TOKEN = "gh" + "p_" + "FAKE0" * 8
WINDOW = "code:w1/chat0"
SURFACE = Surface(WINDOW, "code", "w1", "copilot", "Chat", ("/home/ann/shop",), ("vscode_native_send",))
FIRST = Candidate("plugin_socket_vscode_family", WINDOW, "host")
SECOND = Candidate("vscode_native_send", WINDOW, "host")
ASKS = replace(SECOND, ask="look first")
SUBMITTED = Fact("submitted", "host", "code:session", 1, text_sha(TEXT))
ENDED = Fact("turn_ended", "witness", "vscode_chat", 2, text_sha(TEXT), detail="seen", reply="done")
CONFIRMED: list[DriveEvent] = [Learned(SUBMITTED), Learned(ENDED)]
VOID = Verdict("refused", "what was approved is not what would be done now", "approval_void")

Meanwhile = Callable[[DriveRecord], Awaitable[None]]


async def nothing(record: DriveRecord) -> None:
    """Leave everything as it is."""


class Chat:
    """Channel and witness in one: interfaces answer as scripted. `meanwhile` is what happens while the anchor is taken,
    which is between the approval and the last look."""

    def __init__(self, meanwhile: Meanwhile = nothing, **answers: Sequence[DriveEvent]) -> None:
        self.answers, self.meanwhile = answers, meanwhile
        self.followed: list[str | None] = []
        self.delivered: list[tuple[str, list[str | None]]] = []

    async def anchor(self, record: DriveRecord, candidate: Candidate) -> Anchor:
        await self.meanwhile(record)
        return Anchor("vscode_chat", candidate.interface)

    async def follow(self, record: DriveRecord, anchor: Anchor, report: Callable[[Fact], None]) -> None:
        self.followed.append(anchor.cursor)
        try:
            await anyio.sleep_forever()
        finally:
            self.followed.remove(anchor.cursor)

    def note_question(self, record: DriveRecord) -> None:
        pass

    def horizon_s(self, anchor: Anchor) -> float:
        return 0.0

    def session_of(self, candidate: Candidate) -> str:
        return "session"

    async def deliver(self, record: DriveRecord, candidate: Candidate, report: EventSink) -> bool:
        self.delivered.append((candidate.interface, list(self.followed)))
        for event in self.answers.get(candidate.interface, CONFIRMED):
            report(event)
        return False


@dataclass
class Scene:
    """The parts around a runner, all real but for the chat."""

    journal: LedgerWriter
    store: DriveStore
    permissions: Permissions
    surfaces: dict[str, Surface]

    async def run(self, chat: Any, *candidates: Candidate) -> OpenDrive:
        """A drive through these candidates to its end. What is asked of a person is approved."""
        drive = await self.accept()
        async with anyio.create_task_group() as tasks:
            if any(candidate.ask for candidate in candidates):
                tasks.start_soon(self.approve)
            runner = Runner(self.journal, lambda candidate: chat, chat, self.permissions, tasks)
            with anyio.fail_after(PATIENCE):
                await runner.run(drive, machine.drive(drive.record.request, candidates))
            tasks.cancel_scope.cancel()
        return drive

    async def accept(self) -> OpenDrive:
        params = {"drive_id": "d", "text": TEXT, "selector": {}, "target": {}, "deadline_ms": 60_000, "wait_ms": 60_000}
        shas = {"text_sha": text_sha(TEXT), "body_sha": "b", "text_chars": len(TEXT)}
        considered = [
            {"interface": each.interface, "surface": WINDOW, "best_grade": "host", "refusal": None}
            for each in (FIRST, SECOND)
        ]
        body: dict[str, object] = {**shas, "params": params, "surface": WINDOW, "considered": considered}
        return await self.store.accept("d", body, lambda drive_id, fact: None)

    async def approve(self) -> None:
        is_asked = anyio.Event()
        end = self.journal.listen(lambda row: is_asked.set() if row.kind == "approval_asked" else None)
        await is_asked.wait()
        end()
        (asked,) = self.permissions.list(ApprovalsListParams()).approvals
        word = ApprovalDecideParams(approval_id=asked.approval_id, action_sha=asked.action_sha, approve=True)
        await self.permissions.decide(word)

    async def rows(self) -> list[tuple[str, str]]:
        return [(row.kind, row.body) for row in await self.journal.rows(limit=100, drive_id="d")]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    redactor, surfaces = Redactor(b"k" * 32), {WINDOW: SURFACE}
    with closing(Ledger.open(tmp_path / "ledger")) as ledger:
        journal = LedgerWriter(ledger, tmp_path / "ledger", None, Faults(None), redactor)
        permissions = Permissions(journal, load(None).interfaces, tmp_path / "config", redactor, surfaces.get)
        yield Scene(journal, DriveStore(journal), permissions, surfaces)


def outcome(drive: OpenDrive) -> str | None:
    return drive.record.verdict.outcome if drive.record.verdict else None


# --- before anything is touched --------------------------------------------------------------------------------------


async def test_what_was_approved_is_done_and_uses_the_approval_up(scene: Scene) -> None:
    chat = Chat()
    drive = await scene.run(chat, ASKS)
    assert (outcome(drive), [interface for interface, _ in chat.delivered]) == ("confirmed", [ASKS.interface])
    (approval,) = scene.permissions.list(ApprovalsListParams(everything=True)).approvals
    (acting,) = [json.loads(body) for kind, body in await scene.rows() if kind == "acting"]
    assert (approval.state, acting["approval_id"]) == ("used", approval.approval_id)


def another_text(record: DriveRecord) -> None:
    record.text_sha = text_sha("another text")


def another_body(record: DriveRecord) -> None:
    record.body_sha = "another body"


def another_target(record: DriveRecord) -> None:
    record.params = record.params.model_copy(update={"target": ChatTarget(chat_id="another")})


def sent_instead_of_drafted(record: DriveRecord) -> None:
    record.params = record.params.model_copy(update={"draft": True})


def more_time(record: DriveRecord) -> None:
    record.params = record.params.model_copy(update={"deadline_ms": 120_000})


@pytest.mark.parametrize("change", [another_text, another_body, another_target, sent_instead_of_drafted, more_time])
async def test_another_action_than_the_approved_one_touches_nothing(
    scene: Scene, change: Callable[[DriveRecord], None]
) -> None:
    async def meanwhile(record: DriveRecord) -> None:
        change(record)

    await withheld(scene, Chat(meanwhile))


@pytest.mark.parametrize(
    "surface",
    [replace(SURFACE, workspace_folders=("/home/ann/bank",)), replace(SURFACE, ide="cursor"), None],
    ids=["another folder", "another IDE", "no window"],
)
async def test_another_window_than_the_approved_one_is_not_touched(scene: Scene, surface: Surface | None) -> None:
    async def meanwhile(record: DriveRecord) -> None:
        del scene.surfaces[WINDOW]
        if surface is not None:
            scene.surfaces[WINDOW] = surface

    await withheld(scene, Chat(meanwhile))


async def test_an_approval_whose_time_is_over_touches_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def meanwhile(record: DriveRecord) -> None:
        monkeypatch.setattr(permissions_module, "now_ms", lambda: record.expires_at_ms + 1)

    await withheld(scene, Chat(meanwhile))


async def withheld(scene: Scene, chat: Chat) -> None:
    drive = await scene.run(chat, ASKS, FIRST)
    assert drive.record.verdict == VOID
    assert chat.delivered == []
    kinds = [kind for kind, _ in await scene.rows()]
    assert kinds == ["accepted", "approval_asked", "approval_decided", "settled"]
    (approval,) = scene.permissions.list(ApprovalsListParams(everything=True)).approvals
    assert approval.state == "void"


async def test_a_drive_that_is_cancelled_while_its_anchor_is_taken_touches_nothing(scene: Scene) -> None:
    async def meanwhile(record: DriveRecord) -> None:
        await scene.store.write("cancel", {}, record)

    chat = Chat(meanwhile)
    drive = await scene.run(chat, SECOND)
    assert drive.record.verdict == Verdict("refused", "cancelled before anything was touched", "cancelled")
    assert chat.delivered == []
    assert [kind for kind, _ in await scene.rows()] == ["accepted", "cancel", "settled"]


# --- an attempt that declined ----------------------------------------------------------------------------------------


async def test_who_declined_is_not_followed_any_more_when_the_next_one_acts(scene: Scene) -> None:
    chat = Chat(plugin_socket_vscode_family=[ChannelDeclined("input_busy", "a draft")])
    drive = await scene.run(chat, FIRST, SECOND)
    assert outcome(drive) == "confirmed"
    assert chat.delivered == [(FIRST.interface, [FIRST.interface]), (SECOND.interface, [SECOND.interface])]
    assert chat.followed == [], "it was followed beyond its end"


# --- what is written and told ----------------------------------------------------------------------------------------


async def test_a_secret_that_a_chat_tells_is_in_no_row_no_event_and_no_answer(scene: Scene) -> None:
    told = f"detail {TOKEN}"
    chat = Chat(
        plugin_socket_vscode_family=[ChannelDeclined("input_busy", f"the field holds {TOKEN}")],
        vscode_native_send=[
            Learned(replace(SUBMITTED, detail=told)),
            Learned(replace(SUBMITTED, text_sha=text_sha("another"), detail=told)),
            Learned(replace(ENDED, reply=f"reply {TOKEN}", detail=told)),
        ],
    )
    nobody: Any = None
    lanes = Lanes(scene.store, nobody, nobody, nobody)
    service = DriveService(scene.store, lanes, nobody, nobody, scene.permissions)
    events: list[Event] = []
    end = service.subscribe(events.append)
    drive = await scene.run(chat, FIRST, SECOND)
    end()
    view = await service.get(DriveGetParams(drive_id="d"))
    assert (view.outcome, view.turn is not None and view.turn.state) == ("confirmed", "completed")
    answer = view.model_dump_json()
    assert [event.kind for event in events if event.drive is not None] == [
        *("accepted", "acting", "declined", "acting", "fact", "settled", "fact", "fact", "turn")
    ]
    rows = [body for _, body in await scene.rows()]
    for place in (answer, *(event.model_dump_json() for event in events), *rows, repr(drive.record)):
        assert TOKEN not in place
    for said in ("the field holds", "detail", "reply"):
        assert f"{said} [redacted:github_token#" in answer


async def test_a_disk_that_takes_no_row_before_the_act_ends_the_drive_by_its_own_word(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no fault of ours: a person frees space, and nothing was touched."""
    whole = scene.journal.append

    async def append(kind: str, body: Any, drive_id: str | None = None) -> Any:
        if kind == "acting":
            raise BridgeError(Reason.LEDGER_UNWRITABLE, "the disk is full")
        return await whole(kind, body, drive_id)

    monkeypatch.setattr(scene.journal, "append", append)
    chat: Any = Chat()
    drive = await scene.accept()
    async with anyio.create_task_group() as tasks:
        runner = Runner(scene.journal, lambda _: chat, chat, scene.permissions, tasks)
        with pytest.raises(BridgeError) as caught:
            await runner.run(drive, machine.drive(drive.record.request, [SECOND]))
    assert (caught.value.reason, chat.delivered) == (Reason.LEDGER_UNWRITABLE, [])
