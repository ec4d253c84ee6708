"""Watches every chat of this machine for clients: their states as events, and what is wrong with their stores.

Nothing is read before the first client asks. From then on one thread looks where something was written.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.abc import TaskGroup

from bridge.chats.chat import Chat
from bridge.chats.directories import Directories
from bridge.chats.fault import Fault
from bridge.chats.stores import ChatFilter, ChatReader
from bridge.chats.watcher import Update, Watcher
from bridge.daemon.drives.store import DriveStore
from bridge.drive.record import DriveRecord
from bridge.ledger.store import Row
from bridge.protocol.answers import answers
from bridge.protocol.messages.chats import ChatsListParams, ChatsListResult, ChatView, StoreFault, WatchView
from observers.base import Observer

COMPLETE_S = 10.0
DRIVES_MOST = 1000
POLLED_MOST = 50
FAULTS_MOST = 50

Told = ChatView | StoreFault
log = logging.getLogger("koru.chats")


class ChatFeed:
    """The watch, begun in `tasks` by the first `list` or `subscribe`. `redact` is applied to what stores say of
    themselves; `drives` tell which chat is of which drive."""

    def __init__(
        self,
        observers: Mapping[str, Observer],
        directories: Directories,
        drives: DriveStore,
        redact: Callable[[str], str],
        tasks: TaskGroup,
    ) -> None:
        self._watcher = Watcher(ChatReader(observers), ChatFilter(), directories)
        self._drives = drives
        self._redact = redact
        self._tasks = tasks
        self._begun = False
        self._complete = anyio.Event()
        self._subscribers: list[Callable[[Told], None]] = []
        self._told: dict[tuple[str, str, str], Chat] = {}
        self._drive_of: OrderedDict[str, str] = OrderedDict()
        self._unwitnessed: dict[Fault, None] = {}

    @answers("chats/list")
    async def list(self, params: ChatsListParams) -> ChatsListResult:
        """The chats as they stand, after the first look at every store or ten seconds."""
        self._begin()
        with anyio.move_on_after(COMPLETE_S):
            await self._complete.wait()
        chats = [chat for chat in self._watcher.chats() if params.state in (None, chat.state.value)]
        views = [self._view(chat) for chat in chats[: params.limit]]
        return ChatsListResult(chats=views, watch=self._state(), complete=self._complete.is_set())

    def subscribe(self, callback: Callable[[Told], None]) -> Callable[[], None]:
        """Call back with every chat whose state changes and every fault, until the returned function is called."""
        self._begin()
        self._subscribers.append(callback)
        return partial(self._subscribers.remove, callback)

    def watching(self) -> WatchView | None:
        """How the watch stands; None while no client has asked for one and nothing is wrong."""
        return self._state() if self._begun or self._unwitnessed else None

    def fault(self, fault: Fault) -> None:
        """The witness of a drive could not be read."""
        self._unwitnessed[fault] = None
        while len(self._unwitnessed) > FAULTS_MOST:
            del self._unwitnessed[next(iter(self._unwitnessed))]
        self._tell(_fault(fault))

    def fault_over(self, fault: Fault) -> None:
        self._unwitnessed.pop(fault, None)
        self._tell(_fault(fault, over=True))

    def _state(self) -> WatchView:
        polled = [f"{path}: {reason}" for path, reason in self._watcher.unwatched().items()]
        known = dict.fromkeys((*self._watcher.faults(), *self._unwitnessed))
        faults = [_fault(fault) for fault in known][:FAULTS_MOST]
        chats = len(self._watcher.chats())
        return WatchView(stores=self._watcher.stores(), chats=chats, polled=polled[:POLLED_MOST], faults=faults)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._tasks.start_soon(self._run)

    async def _run(self) -> None:
        self._drives.subscribe(self._on_row)
        for record in reversed([record async for record in self._drives.newest()]):
            self._learn(record.evidence.chat_id, record.drive_id)
        # A thread of its own: what is slow here must not delay the witnesses of drives. It never waits for the loop,
        # which may have ended meanwhile.
        limiter, news = CapacityLimiter(1), self._news()
        try:
            while (
                update := await to_thread.run_sync(next, news, None, limiter=limiter, abandon_on_cancel=True)
            ) is not None:
                self._take(update)
        finally:
            self._watcher.stop()

    def _news(self) -> Iterator[Update]:
        """In the watching thread: the updates that say something."""
        for update in self._watcher.updates():
            looked, there = update.stores
            if not update.empty or (looked == there and not self._complete.is_set()):
                yield update

    def _take(self, update: Update) -> None:
        if update.empty:
            self._complete.set()
        for chat in update.gone:
            self._told.pop(chat.key, None)
        for chat in update.chats:
            before = self._told.get(chat.key)
            self._told[chat.key] = chat
            if before is None or not chat.same_state(before):
                self._tell(self._view(chat))
        for fault in update.faults:
            log.warning("a store cannot be read: %s", fault)
            self._tell(_fault(fault))
        for fault in update.cleared:
            self._tell(_fault(fault, over=True))

    def _tell(self, told: Told) -> None:
        for callback in tuple(self._subscribers):
            callback(told)

    def _on_row(self, row: Row, record: DriveRecord | None) -> None:
        if record is not None:
            self._learn(record.evidence.chat_id, record.drive_id)

    def _learn(self, chat_id: str | None, drive_id: str) -> None:
        if chat_id is not None:
            self._drive_of[chat_id] = drive_id
            self._drive_of.move_to_end(chat_id)
            while len(self._drive_of) > DRIVES_MOST:
                self._drive_of.popitem(last=False)

    def _view(self, chat: Chat) -> ChatView:
        return ChatView(
            store=chat.observer,
            path=chat.store,
            session=chat.session,
            state=chat.state.value,
            modified_at_ms=max(0, chat.modified_ms),
            observed_at_ms=max(0, chat.observed_ms),
            product=chat.product,
            workspace=chat.workspace,
            reason=None if chat.reason is None else self._redact(chat.reason),
            problem=chat.problem,
            evidence=chat.evidence,
            horizon_ms=None if chat.horizon_s is None else round(chat.horizon_s * 1000),
            resets_at_ms=chat.resets_ms,
            drive_id=self._drive_of.get(chat.session),
        )


def _fault(fault: Fault, *, over: bool = False) -> StoreFault:
    return StoreFault(
        store=fault.observer, where=fault.where, reason=fault.reason, message=fault.message, hint=fault.hint, over=over
    )
