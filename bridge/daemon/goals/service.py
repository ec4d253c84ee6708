"""All goals of this daemon: accepted once, one at a time on a surface, told to subscribers, kept in the ledger."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.abc import TaskGroup

from bridge.clock import now_ms
from bridge.daemon.drives.selection import Selection
from bridge.daemon.goals.pursuit import OpenGoal, Pursuit
from bridge.daemon.goals.reply_reader import Reviewing
from bridge.daemon.goals.turn_follower import TurnFollower
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.daemon.permissions import Permissions
from bridge.drive.selector import Surface
from bridge.goals import prompts, workspace
from bridge.goals.record import GoalRecord, started, terms_sha
from bridge.ledger.store import Row
from bridge.protocol.answers import answers
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.events import Event
from bridge.protocol.messages.goals import (
    GoalAnswerParams,
    GoalGetParams,
    GoalListParams,
    GoalListResult,
    GoalStartParams,
    GoalTerms,
    GoalView,
)

LANE_MOST = 100
CLOSED_MOST = 200
RUNNING_MOST = 8  # checks and looks at workspaces at once, over all surfaces
KEPT_S = 10.0
STOPPED = "a person stopped it"

log = logging.getLogger("koru.goals")


class GoalService:
    """Goals are pursued in `tasks`, one at a time on a surface. `selection` finds the one chat that a goal is for."""

    def __init__(
        self,
        journal: LedgerWriter,
        follower: TurnFollower,
        permissions: Permissions,
        selection: Selection,
        reading: Reviewing,
        tasks: TaskGroup,
    ) -> None:
        self._journal = journal
        self._follower = follower
        self._permissions = permissions
        self._selection = selection
        self._reading = reading
        self._tasks = tasks
        self._limiter = CapacityLimiter(RUNNING_MOST)
        self._open: dict[str, OpenGoal] = {}
        self._closed: dict[str, GoalRecord] = {}
        self._first_seq: dict[str, int] = {}
        self._lanes: dict[str, deque[OpenGoal]] = {}
        self._listeners: set[Callable[[Event], None]] = set()
        self._one_start = anyio.Lock()

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call back with every change of a goal, until the returned function is called."""
        self._listeners.add(callback)
        return lambda: self._listeners.discard(callback)

    # --- what clients ask --------------------------------------------------------------------------------------------

    @answers("goals/start")
    async def start(self, params: GoalStartParams) -> GoalView:
        """Accept the goal: its row is on disk when this returns. The same id with the same terms gets that goal's view.

        BridgeError ID_CONFLICT (the same id, other terms), NOT_PERMITTED, OVERLOADED (100 goals on the surface),
        INVALID_PARAMS, USAGE (the prompt templates), and what finding the surface raises.
        """
        async with self._one_start:
            known = await self._find(params.goal_id)
            if known is not None:
                if known.sha != terms_sha(params.terms):
                    hint = "make a new id for a new goal; the same id always means the same goal"
                    raise BridgeError(Reason.ID_CONFLICT, f"the id {params.goal_id} is another goal's", hint=hint)
                return self._view(known)
            surface, interface = await self._surface(params.terms)
            folder = await to_thread.run_sync(_workspace, params.terms, surface)
            protected = await to_thread.run_sync(workspace.named, Path(folder), params.terms.checks)
            with anyio.CancelScope(shield=True):
                goal = await self._accept(params, surface.key, interface, folder, protected)
                self._enqueue(goal)
        return self._view(goal.record)

    @answers("goals/get")
    async def get(self, params: GoalGetParams) -> GoalView:
        return self._view(await self._known(params.goal_id))

    @answers("goals/list")
    async def list(self, params: GoalListParams) -> GoalListResult:
        """Newest first, at most `limit`, of one state or of all."""
        views: list[GoalView] = []
        for goal_id in reversed(self._first_seq):
            if len(views) >= params.limit:
                break
            view = self._view(await self._known(goal_id))
            if params.state in (None, view.state):
                views.append(view)
        return GoalListResult(goals=views)

    @answers("goals/pause")
    async def pause(self, params: GoalGetParams) -> GoalView:
        """Begin no new turn; a turn that runs goes on. BridgeError UNKNOWN_GOAL."""
        return await self._pausing(params.goal_id, paused=True)

    @answers("goals/resume")
    async def resume(self, params: GoalGetParams) -> GoalView:
        return await self._pausing(params.goal_id, paused=False)

    @answers("goals/stop")
    async def stop(self, params: GoalGetParams) -> GoalView:
        """End the goal; a turn that runs is asked to stop. The goal is over some time after this returns.

        BridgeError UNKNOWN_GOAL.
        """
        goal = self._open.get(params.goal_id)
        if goal is None:
            return self._view(await self._known(params.goal_id))
        if goal.record.halting is None:
            await self._row(goal, "goal_stopping", {"reason": STOPPED})
        goal.halted.set()
        goal.resumed.set()
        goal.kept.set()  # a client that waits in `answer` for its row gets the view of the ending goal instead
        return self._view(goal.record)

    @answers("goals/answer")
    async def answer(self, params: GoalAnswerParams) -> GoalView:
        """The answer is on disk when this returns, unless the goal was stopped meanwhile: it may be dropped then.

        BridgeError UNKNOWN_GOAL, QUESTION_GONE, TIMEOUT (not on disk after 10 s).
        """
        record = await self._known(params.goal_id)
        goal = self._open.get(params.goal_id)
        asked = record.question
        if goal is None or asked is None or asked.question_id != params.question_id or goal.answered.is_set():
            hint = f"koru goals show {params.goal_id}"
            raise BridgeError(Reason.QUESTION_GONE, f"{params.question_id} is not what is asked now", hint=hint)
        goal.answer = params.text
        goal.answered.set()
        with anyio.move_on_after(KEPT_S) as waiting:
            await goal.kept.wait()
        if waiting.cancelled_caught:
            hint = f"koru goals show {params.goal_id}"
            raise BridgeError(Reason.TIMEOUT, "the answer was taken, and is not on disk yet", hint=hint)
        return self._view(record)

    async def _pausing(self, goal_id: str, *, paused: bool) -> GoalView:
        goal = self._open.get(goal_id)
        if goal is None:
            return self._view(await self._known(goal_id))
        if goal.record.paused is not paused:
            await self._row(goal, "goal_paused" if paused else "goal_resumed", {})
            if not paused:
                goal.resumed.set()
        return self._view(goal.record)

    # --- from accepted to ended --------------------------------------------------------------------------------------

    async def _surface(self, terms: GoalTerms) -> tuple[Surface, str | None]:
        """The chat that the goal is for, and the one interface that its drives must use: None but for `autonomous`."""
        surface = self._selection.resolve(terms.selector)
        trusted = await self._permissions.trusted(surface, terms.trust)
        able = [id_ for id_ in trusted if id_ in surface.offers and terms.selector.via in (None, id_)]
        if not able:
            via = terms.selector.via or next(iter(surface.offers), "INTERFACE")
            folder = next(iter(surface.workspace_folders), "'*'")
            hint = f"koru trust grant {terms.trust} --interface {via} --workspace {folder}"
            message = f"no interface of {surface.key} is trusted to {terms.trust} here, and this goal needs it"
            raise BridgeError(Reason.NOT_PERMITTED, message, hint=hint)
        return surface, able[0] if terms.trust == "autonomous" else None

    async def _accept(
        self, params: GoalStartParams, surface: str, interface: str | None, folder: str, protected: Sequence[str]
    ) -> OpenGoal:
        if len(self._lanes.get(surface, ())) >= LANE_MOST:
            raise BridgeError(Reason.OVERLOADED, f"{LANE_MOST} goals wait for {surface} already", retry=True)
        body: dict[str, object] = {
            "terms": params.terms.model_dump(exclude_none=True),
            "terms_sha": terms_sha(params.terms),
            "surface": surface,
            "workspace": folder,
            "protected": list(protected),
        }
        if interface is not None:
            body["interface"] = interface
        row = await self._journal.append("goal_started", body, params.goal_id)
        goal = OpenGoal(started(params.goal_id, row.at_ms, body))
        self._open[params.goal_id] = goal
        self._first_seq[params.goal_id] = row.seq
        self._tell(goal, row)
        return goal

    def _enqueue(self, goal: OpenGoal) -> None:
        lane = self._lanes.setdefault(goal.record.surface, deque())
        lane.append(goal)
        if len(lane) == 1:
            self._tasks.start_soon(self._work, goal.record.surface, lane)

    async def _work(self, surface: str, lane: deque[OpenGoal]) -> None:
        while lane:
            goal = lane[0]
            if not goal.record.paused:
                goal.record.state = "running"
            pursuit = Pursuit(goal, self._journal, self._follower, self._reading, self._limiter, self._tell)
            try:
                await pursuit.run()
            finally:
                lane.popleft()
            self._close(goal)
        self._lanes.pop(surface, None)

    def _close(self, goal: OpenGoal) -> None:
        goal_id = goal.record.goal_id
        self._open.pop(goal_id, None)
        self._closed[goal_id] = goal.record
        while len(self._closed) > CLOSED_MOST:
            self._closed.pop(next(iter(self._closed)))

    async def _row(self, goal: OpenGoal, kind: str, body: dict[str, object]) -> None:
        with anyio.CancelScope(shield=True):
            row = await self._journal.append(kind, body, goal.record.goal_id)
            goal.record.apply(kind, row.at_ms, body)
            self._tell(goal, row)

    def _tell(self, goal: OpenGoal, row: Row | None) -> None:
        if row is not None:
            self._journal.announce(row)
        event = Event(
            seq=row.seq if row else 0,
            kind=row.kind if row else "goal",
            at_ms=row.at_ms if row else now_ms(),
            goal=self._view(goal.record),
        )
        for listener in tuple(self._listeners):
            listener(event)

    async def recover(self) -> int:
        """Take up every goal that the last daemon left open; returns how many. The app calls it once, at start."""
        records: dict[str, GoalRecord] = {}
        for row, body in await self._journal.drive_rows():
            goal_id = row.drive_id or ""
            if row.kind == "goal_started":
                records[goal_id] = started(goal_id, row.at_ms, body)
                self._first_seq[goal_id] = row.seq
            elif goal_id in records:
                records[goal_id].apply(row.kind, row.at_ms, body)
        left = [record for record in records.values() if record.open]
        for record in left:
            goal = OpenGoal(record)
            if record.halting is not None:
                goal.halted.set()
            record.drive_id = f"{record.goal_id}.{record.turn}" if record.turn else None
            self._open[record.goal_id] = goal
            self._enqueue(goal)
        return len(left)

    # --- finding -----------------------------------------------------------------------------------------------------

    async def _known(self, goal_id: str) -> GoalRecord:
        record = await self._find(goal_id)
        if record is None:
            raise BridgeError(Reason.UNKNOWN_GOAL, f"no goal has the id {goal_id}", hint="koru goals list")
        return record

    async def _find(self, goal_id: str) -> GoalRecord | None:
        if goal_id in self._open:
            return self._open[goal_id].record
        if goal_id in self._closed:
            return self._closed[goal_id]
        first = self._first_seq.get(goal_id)
        return await self._read(goal_id, first) if first is not None else None

    async def _read(self, goal_id: str, first: int) -> GoalRecord | None:
        record, after = None, first - 1
        while rows := await self._journal.rows(after_seq=after, limit=500, drive_id=goal_id):
            for row in rows:
                body = await self._journal.expand(row)
                if row.kind == "goal_started":
                    record = started(goal_id, row.at_ms, body)
                elif record is not None:
                    record.apply(row.kind, row.at_ms, body)
            after = rows[-1].seq
        return record

    def _view(self, record: GoalRecord) -> GoalView:
        lane = [goal.record.goal_id for goal in self._lanes.get(record.surface, ())]
        behind = lane.index(record.goal_id) if record.state == "queued" and record.goal_id in lane else None
        return record.view(queued_behind=behind)


def _workspace(terms: GoalTerms, surface: Surface) -> str:
    """The folder that checks run in: the one of the terms, else the window's only folder that fits the selector.

    Also checks the operator's prompt templates. Blocking. BridgeError INVALID_PARAMS, USAGE (a template).
    """
    if terms.prompts is not None:
        prompts.check(Path(terms.prompts))
    chosen = terms.workspace
    if chosen is None:
        folders = surface.workspace_folders
        asked = terms.selector.workspace
        fitting = [f for f in folders if asked is not None and Path(asked).is_relative_to(f)] or list(folders)
        if len(fitting) != 1:
            hint = "say where the checks are run: --workspace DIR, or workspace: in the goal"
            raise BridgeError(Reason.INVALID_PARAMS, f"the window has {len(fitting)} folders", hint=hint)
        chosen = fitting[0]
    if not Path(chosen).is_dir():
        hint = "the checks are run on this machine: give a folder that is here"
        raise BridgeError(Reason.INVALID_PARAMS, f"there is no folder {chosen}", where="workspace", hint=hint)
    return chosen
