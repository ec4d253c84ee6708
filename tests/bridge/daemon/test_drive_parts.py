"""The parts of the drives by themselves: the store over a real ledger, the lanes with scripted runs, late facts."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
import pytest

from bridge.daemon.drives import lanes as lanes_module
from bridge.daemon.drives import store as store_module
from bridge.daemon.drives.channel import by_probe
from bridge.daemon.drives.lanes import LANE_MOST, Lanes
from bridge.daemon.drives.late import LATE_MOST, LateFacts
from bridge.daemon.drives.open_drive import MAILBOX_EVENTS, OpenDrive
from bridge.daemon.drives.rows import RowBody, acting_body, row_of
from bridge.daemon.drives.store import DriveStore
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.drive.evidence import Evidence, Fact, Verdict
from bridge.drive.match import text_sha
from bridge.drive.record import DriveRecord, accepted
from bridge.drive.steps import (
    Anchor,
    CancelAsked,
    Candidate,
    ChannelDone,
    DriveEvent,
    GivenUp,
    Learned,
    RecordDeclined,
    RecordDoubt,
    Recorded,
    RecordFact,
    RecordSettled,
    RecordTurn,
)
from bridge.protocol.errors import BridgeError, Reason
from registry.load import load

pytestmark = pytest.mark.anyio

TEXT = "hello"
WINDOW = "code:w1/chat0"
INTERFACES = load().interfaces
CANDIDATE = Candidate("os_injector_x11", WINDOW, "readback")
CLAIM = Fact("submitted", "claim", "code:session", 1, text_sha(TEXT))


def body(surface: str = WINDOW) -> RowBody:
    params = {"drive_id": "any", "text": TEXT, "selector": {}, "target": {}, "deadline_ms": 60_000}
    row: RowBody = {"params": params, "text_sha": text_sha(TEXT), "text_chars": 5, "body_sha": "b", "considered": []}
    return {**row, "surface": surface}


def ignore(drive_id: str, fact: Fact) -> None:
    raise AssertionError(f"no fact of {drive_id} should be late")


async def settle(store: DriveStore, drive: OpenDrive, *, waits: bool = False) -> None:
    outcome = "confirmed" if waits else "refused"
    await store.write("settled", {"outcome": outcome, "reason": "said"}, drive.record)


# --- the store -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [1, 2, 3, 1000])
async def test_a_closed_drive_is_read_back_as_it_was(
    journal: LedgerWriter, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(store_module, "PAGE_ROWS", page)
    store = DriveStore(journal)
    first, other = [await store.accept(drive_id, body(), ignore) for drive_id in ("d1", "d2")]
    await store.write("cancel", {}, first.record)
    await store.write("cancel", {}, other.record)
    await settle(store, first)
    assert await store.find("d1") is first.record
    store.close(first)
    assert store.opened("d1") is None
    found = await store.known("d1")
    assert found is not first.record
    assert found == first.record
    assert store.counts() == (1, 1)


async def test_an_unknown_id_is_no_drive(journal: LedgerWriter) -> None:
    store = DriveStore(journal)
    await journal.append("goal_started", {}, "g")
    assert await store.find("g") is None
    assert "g" not in store
    with pytest.raises(BridgeError) as caught:
        await store.known("g")
    assert caught.value.reason is Reason.UNKNOWN_DRIVE


async def test_the_newest_come_first_and_are_bounded(journal: LedgerWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "RECENT_MOST", 2)
    store = DriveStore(journal)
    for drive_id in ("d1", "d2", "d3"):
        await store.accept(drive_id, body(), ignore)
    assert [record.drive_id async for record in store.newest()] == ["d3", "d2"]
    assert (await store.known("d1")).drive_id == "d1"


async def test_a_start_takes_up_what_is_open_and_hears_every_row(journal: LedgerWriter) -> None:
    before = DriveStore(journal)
    done, waits, new = [await before.accept(drive_id, body(), ignore) for drive_id in ("done", "waits", "new")]
    await settle(before, done)
    await settle(before, waits, waits=True)
    await before.write("late", {"kind": "submitted", "grade": "claim", "source": "s", "at_ms": 1}, done.record)
    heard: list[tuple[str, str]] = []
    store = DriveStore(journal)
    left = await store.recover(lambda row, body, drive_id: heard.append((row.kind, drive_id)), ignore)
    assert [drive.record for drive in left] == [waits.record, new.record]
    assert store.counts() == (2, 1)
    assert heard == [
        *(("accepted", drive_id) for drive_id in ("done", "waits", "new")),
        ("settled", "done"),
        ("settled", "waits"),
        ("late", "done"),
    ]
    assert (await store.known("done")).late


async def test_listeners_see_the_drive_as_the_row_left_it(journal: LedgerWriter) -> None:
    store = DriveStore(journal)
    seen: list[tuple[str, str | None]] = []
    end = store.subscribe(lambda row, record: seen.append((row.kind, record.state if record else None)))
    drive = await store.accept("d", body(), ignore)
    await settle(store, drive)
    await journal.write("trust_set", {})
    end()
    await store.write("cancel", {}, drive.record)
    assert seen == [("accepted", "accepted"), ("settled", "settled"), ("trust_set", None)]


# --- rows ------------------------------------------------------------------------------------------------------------


def fresh() -> DriveRecord:
    return accepted("d", 1, body())


@pytest.mark.parametrize(
    ("command", "field", "value"),
    [
        (RecordDeclined(CANDIDATE, "input_busy", "a draft"), "declined", {"os_injector_x11": "input_busy: a draft"}),
        (RecordFact(CLAIM, counted=True), "evidence", Evidence((CLAIM,))),
        (RecordFact(CLAIM, counted=False), "late", [CLAIM]),
        (RecordSettled(Verdict("failed", "why"), Evidence()), "verdict", Verdict("failed", "why")),
        (RecordSettled(Verdict("refused", "why", "b"), Evidence()), "verdict", Verdict("refused", "why", "b")),
        (RecordTurn("completed", "seen", "a reply"), "reply", "a reply"),
        (RecordTurn("turn_failed", "seen"), "turn_reason", "seen"),
        (RecordDoubt("not shown"), "doubt", "not shown"),
    ],
)
def test_a_row_says_what_was_recorded(command: Recorded, field: str, value: object) -> None:
    kind, said = row_of(command)
    record = fresh()
    record.apply(kind, 2, said)
    assert getattr(record, field) == value
    assert None not in said.values()


def test_the_row_before_an_act_holds_where_it_was_looked_from() -> None:
    record, anchor = fresh(), Anchor("codex", "cursor")
    record.apply("acting", 2, acting_body(CANDIDATE, anchor, "session", None))
    assert (record.candidate, record.anchor, record.session) == (CANDIDATE, anchor, "session")
    assert (record.state, record.acting_at_ms) == ("acting", 2)


# --- the mailbox -----------------------------------------------------------------------------------------------------


async def test_a_flood_is_counted_and_a_person_is_heard_all_the_same() -> None:
    drive = OpenDrive(fresh(), lambda fact: None)
    for _ in range(MAILBOX_EVENTS + 7):
        drive.post(ChannelDone())
    drive.post(CancelAsked())
    drive.post(GivenUp())
    assert drive.dropped == 7
    events = [await drive.next() for _ in range(MAILBOX_EVENTS + 2)]
    assert events[-2:] == [CancelAsked(), GivenUp()]


async def test_what_comes_after_the_end_is_late() -> None:
    late: list[Fact] = []
    drive = OpenDrive(fresh(), late.append)
    drive.over.set()
    events: list[DriveEvent] = [Learned(CLAIM), ChannelDone(), CancelAsked()]
    for event in events:
        drive.post(event)
    assert (late, list(drive.events)) == ([CLAIM], [])


# --- late facts ------------------------------------------------------------------------------------------------------


async def test_late_facts_are_bounded_and_of_known_drives_alone(journal: LedgerWriter) -> None:
    store = DriveStore(journal)
    drive = await store.accept("d", body(), ignore)
    async with anyio.create_task_group() as tasks:
        late = LateFacts(journal, store, tasks)
        for number in range(LATE_MOST + 5):
            late.keep("d", CLAIM, epoch=number)
            late.keep("other", CLAIM)
    assert len(drive.record.late) == LATE_MOST
    rows = await journal.rows(limit=100, drive_id="d")
    assert [row.kind for row in rows] == ["accepted", *["late"] * LATE_MOST]
    assert [json.loads(row.body)["epoch"] for row in rows[1:]] == list(range(LATE_MOST))


# --- lanes -----------------------------------------------------------------------------------------------------------


class Scripted:
    """Selection and runner in one: a run lasts until the test settles the drive, or the drive is cancelled."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.began: defaultdict[str, anyio.Event] = defaultdict(anyio.Event)
        self.fails = False

    async def returned(self, key: str) -> str:
        return key

    async def choose(self, *arguments: object) -> Any:
        if self.fails:
            self.fails = False
            raise RuntimeError("planted")
        return type("Chosen", (), {"candidates": (), "denied": None})

    async def run(self, drive: OpenDrive, steps: Any) -> None:
        command = next(steps)
        self.running.append(drive.record.drive_id)
        self.began[drive.record.drive_id].set()
        if isinstance(command, RecordSettled) and command.verdict.blocker == "no_interface":
            await drive.settled.wait()
        elif isinstance(command, RecordSettled):
            drive.record.apply("settled", 1, {"outcome": command.verdict.outcome, "reason": command.verdict.reason})
        drive.settled.set()
        drive.over.set()


@asynccontextmanager
async def opened(journal: LedgerWriter) -> AsyncIterator[tuple[DriveStore, Lanes, Scripted]]:
    store, scripted = DriveStore(journal), Scripted()
    async with anyio.create_task_group() as tasks:
        yield store, Lanes(store, cast("Any", scripted), cast("Any", scripted), tasks), scripted
        tasks.cancel_scope.cancel()


async def accept(store: DriveStore, lanes: Lanes, drive_id: str, surface: str = WINDOW) -> OpenDrive:
    drive = await store.accept(drive_id, body(surface), ignore)
    lanes.enqueue(drive)
    await anyio.wait_all_tasks_blocked()
    return drive


async def test_one_drive_at_a_time_in_a_window_and_windows_beside_each_other(journal: LedgerWriter) -> None:
    async with opened(journal) as (store, lanes, scripted):
        first = await accept(store, lanes, "a1")
        second = await accept(store, lanes, "a2", "code:w1/another")
        await accept(store, lanes, "b1", "code:w2/chat0")
        assert scripted.running == ["a1", "b1"]
        assert (lanes.behind(first.record), lanes.behind(second.record)) == (0, 1)
        assert [(view.window_id, view.drive_id, view.behind) for view in lanes.queues()] == [
            ("w1", "a1", 1),
            ("w2", "b1", 0),
        ]
        first.settled.set()
        await anyio.wait_all_tasks_blocked()
        assert scripted.running == ["a1", "b1", "a2"]
        assert store.opened("a1") is None


async def test_a_drive_with_an_outcome_keeps_its_window_until_its_channel_has_answered(journal: LedgerWriter) -> None:
    async with opened(journal) as (store, lanes, scripted):
        first, second = await accept(store, lanes, "a1"), await accept(store, lanes, "a2")
        first.answered = anyio.Event()
        first.record.state = "settled"
        first.settled.set()
        await anyio.wait_all_tasks_blocked()
        assert (scripted.running, list(lanes.queues()), lanes.behind(second.record)) == (["a1"], [], 1)
        first.answered.set()
        await anyio.wait_all_tasks_blocked()
        assert scripted.running == ["a1", "a2"]


async def test_a_channel_that_never_answers_keeps_its_window_for_a_bounded_time(
    journal: LedgerWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "ANSWERED_WITHIN_S", 0.05)
    async with opened(journal) as (store, lanes, scripted):
        first = await accept(store, lanes, "a1")
        second = await accept(store, lanes, "a2")
        first.answered, first.record.state = anyio.Event(), "settled"
        first.settled.set()
        with anyio.fail_after(10):
            await scripted.began["a2"].wait()
        assert lanes.behind(second.record) == 0


@pytest.mark.parametrize("state", ["acting", "settled"])
async def test_an_operator_who_waits_no_longer_frees_the_window(journal: LedgerWriter, state: Any) -> None:
    async with opened(journal) as (store, lanes, _):
        drive = await accept(store, lanes, "a1")
        drive.answered, drive.record.state = anyio.Event(), state
        await lanes.release(drive)
        assert (drive.answered.is_set(), drive.record.cancelled) == (True, False)


async def test_a_drive_that_waits_is_cancelled_without_those_ahead(journal: LedgerWriter) -> None:
    async with opened(journal) as (store, lanes, _):
        await accept(store, lanes, "a1")
        waiting = await accept(store, lanes, "a2")
        await lanes.cancel(waiting)
        assert waiting.over.is_set()
        assert waiting.record.verdict == Verdict("refused", "cancelled before anything was touched")
        assert [view.drive_id for view in lanes.queues()] == ["a1"]
        rows = await journal.rows(limit=100, drive_id="a2")
        await lanes.cancel(waiting)
        assert await journal.rows(limit=100, drive_id="a2") == rows


async def test_a_drive_that_acts_is_given_up_and_one_that_waits_is_cancelled(journal: LedgerWriter) -> None:
    async with opened(journal) as (store, lanes, _):
        acting, waiting = await accept(store, lanes, "a1"), await accept(store, lanes, "a2")
        acting.record.state = "acting"
        await lanes.release(acting)
        await lanes.release(waiting)
        assert list(acting.events) == [GivenUp()]
        assert waiting.record.cancelled


@pytest.mark.usefixtures("faults_kept")
async def test_a_fault_ends_its_drive_and_lets_the_next_one_run(journal: LedgerWriter) -> None:
    async with opened(journal) as (store, lanes, scripted):
        scripted.fails = True
        broken = await accept(store, lanes, "a1")
        assert broken.record.verdict == Verdict("refused", "a fault in the daemon")
        await accept(store, lanes, "a2")
        assert scripted.running == ["a1", "a2"]


async def test_a_drive_whose_deadline_passed_while_it_waited_is_refused(
    journal: LedgerWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(journal) as (store, lanes, _):
        first, second = await accept(store, lanes, "a1"), await accept(store, lanes, "a2")
        in_time = await accept(store, lanes, "b1", "code:w2/chat0")
        monkeypatch.setattr(lanes_module, "now_ms", lambda: second.record.expires_at_ms + 1)
        first.settled.set()
        await anyio.wait_all_tasks_blocked()
        assert second.record.verdict == Verdict("refused", "its deadline passed before it could act")
        assert in_time.record.verdict is None, "it was under way before"


async def test_a_drive_whose_deadline_is_now_still_runs(journal: LedgerWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(journal) as (store, lanes, _):
        drive = await store.accept("a1", body(), ignore)
        monkeypatch.setattr(lanes_module, "now_ms", lambda: drive.record.expires_at_ms)
        lanes.enqueue(drive)
        await anyio.wait_all_tasks_blocked()
        assert drive.record.verdict is None


async def test_a_text_of_which_only_the_redacted_part_is_left_is_not_driven(journal: LedgerWriter) -> None:
    async with opened(journal) as (store, lanes, _):
        drive = await store.accept("a1", body() | {"text_sha": text_sha("hello, my key is k")}, ignore)
        lanes.resume(drive)
        await anyio.wait_all_tasks_blocked()
        assert drive.record.verdict == Verdict("refused", lanes_module.NOT_KEPT)


@pytest.mark.parametrize(("state", "deadlines"), [("accepted", 1), ("acting", 2)])
async def test_a_drive_is_overdue_a_minute_after_its_deadlines(
    journal: LedgerWriter, monkeypatch: pytest.MonkeyPatch, state: Any, deadlines: int
) -> None:
    async with opened(journal) as (store, lanes, _):
        drive = await accept(store, lanes, "a1")
        drive.record.state = state
        over_at = drive.record.accepted_at_ms + deadlines * 60_000 + 60_000
        for now, overdue in ((over_at, False), (over_at + 1, True)):
            monkeypatch.setattr(lanes_module, "now_ms", lambda now=now: now)
            assert [view.overdue for view in lanes.queues()] == [overdue]


async def test_a_full_lane_takes_no_more(journal: LedgerWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    assert LANE_MOST > 2
    monkeypatch.setattr(lanes_module, "LANE_MOST", 2)
    async with opened(journal) as (store, lanes, _):
        for drive_id in ("a1", "a2"):
            lanes.check_room(WINDOW)
            await accept(store, lanes, drive_id)
        with pytest.raises(BridgeError) as caught:
            lanes.check_room(WINDOW)
        assert (caught.value.reason, caught.value.retry) == (Reason.OVERLOADED, True)
        lanes.check_room("code:w2/chat0")


async def test_a_turn_that_is_waited_for_after_a_restart_keeps_no_drive_back(journal: LedgerWriter) -> None:
    async with opened(journal) as (store, lanes, scripted):
        settled = await store.accept("old", body(), ignore)
        await store.write("acting", acting_body(CANDIDATE, Anchor(), None, None), settled.record)
        await settle(store, settled, waits=True)
        lanes.resume(settled)
        await accept(store, lanes, "new")
        assert settled.settled.is_set()
        assert scripted.running == ["old", "new"]
        assert [view.drive_id for view in lanes.queues()] == ["new"]


# --- channels --------------------------------------------------------------------------------------------------------


def test_the_probe_says_who_acts() -> None:
    plugin: Any = object()
    injector: Any = object()
    channel_of = by_probe(INTERFACES, plugin, injector)
    plugins = next(id_ for id_, interface in INTERFACES.items() if interface.drives and interface.probe != "injector")
    assert channel_of(CANDIDATE) is injector
    assert channel_of(Candidate(plugins, WINDOW, "host")) is plugin
    assert channel_of(Candidate("unknown", WINDOW, "host")) is plugin
