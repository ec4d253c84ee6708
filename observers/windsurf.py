"""Windsurf's Cascade: encrypted files, and plain transcripts where the user registered the product's hook for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from observers.activity import Activities, Activity
from observers.base import ObserverError, ObserverReason, State, Store, Turn
from observers.exchange import Chain
from observers.listing import Source
from observers.regular_file import may_be_directory
from observers.session_files import Folder, SessionFiles, file_of
from observers.transcript import Talk, Transcripts, brief, ended

ID = "windsurf"
CANNOT_KNOW: tuple[str, ...] = (
    "anything but that a conversation exists and when it was last written, unless a hook writes transcripts",
    "in transcripts: a turn before its answer is complete, for the hook runs then",
    "in transcripts: when a prompt was sent, which folder it belongs to, and two chats apart that begin alike",
    "whether a tool waits for approval",
)

FRESHNESS_S = 900.0
FLUSH_S = 15.0

_TRANSCRIPTS = "transcripts"
_CASCADE = "cascade"
_ENDS = {"error": State.ERROR, "canceled": State.INTERRUPTED, "cancelled": State.INTERRUPTED}
_UNFINISHED = "the last line is not the end of an answer"


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`. No conversation names its folder."""
    home = Path.home()
    folders = [home / ".windsurf" / _TRANSCRIPTS, home / ".codeium" / "windsurf" / _CASCADE]
    if workspace is not None:
        return ()
    return tuple(Store(ID, folder, None, "windsurf") for folder in folders if may_be_directory(folder))


def at(path: Path) -> Store:
    """See `Observer.at`. Takes either folder, a file in it, or the folder above."""
    path = path.absolute()
    for folder in (path, path.parent):
        if folder.name in {_TRANSCRIPTS, _CASCADE} and may_be_directory(folder.parent):
            return Store(ID, folder, None, "windsurf")
    for name in (_TRANSCRIPTS, _CASCADE):
        if may_be_directory(path / name):
            return Store(ID, path / name, None, "windsurf")
    hint = "give ~/.windsurf/transcripts or ~/.codeium/windsurf/cascade"
    raise ObserverError(ObserverReason.MISSING, "no chat store of Windsurf is here", where=str(path), hint=hint)


def flush_horizon(_store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`."""
    return (store.path, store.path.parent)


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`."""
    if _is_log(store):
        return _LOGS.fingerprint(store)
    return "encrypted" if _FILES.sources(store) else "empty"


def _is_log(store: Store) -> bool:
    return store.path.name == _TRANSCRIPTS


def _activity(store: Store) -> Activity:
    return _LOGS.activity if _is_log(store) else _ENCRYPTED


class _Trajectory(Talk):
    """A transcript, and the chain that makes ids for its lines, which have none."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = Chain()


def _line(talk: _Trajectory, entry: dict[str, Any], where: str) -> None:
    identity = talk.chain.add(repr(sorted(entry.items())).encode("utf-8", "surrogatepass"))
    kind, status = entry["type"], str(entry.get("status"))
    newest = talk.newest
    talk.known += 1
    if kind == "user_input":
        if newest is not None:
            ended(newest, State.UNKNOWN, "a later prompt follows, and no end was written")
        talk.begin(identity, entry["user_input"]["user_response"], where).become(State.UNKNOWN, _UNFINISHED)
        return
    if newest is None:
        return
    answered = kind == "planner_response"
    if answered:
        newest.answer(entry["planner_response"].get("response") or "", where)
    if status in _ENDS:
        newest.become(_ENDS[status], brief(entry.get("error")) or status)
    elif answered and status == "done":
        newest.become(State.DONE)
    else:
        newest.become(State.UNKNOWN, _UNFINISHED)


def _encrypted(_store: Store, source: Source) -> NoReturn:
    hint = "nothing can be read there; a drive settles without a witness, unless the product's transcript hook is set"
    where = str(file_of(source))
    raise ObserverError(ObserverReason.ENCRYPTED, "the product encrypts this conversation", where=where, hint=hint)


def _read_encrypted(store: Store, source: Source) -> Sequence[Turn]:
    _encrypted(store, source)


_FILES = SessionFiles(Folder(".pb"))
_ENCRYPTED = Activity(_FILES.sources, _encrypted, _read_encrypted, FRESHNESS_S, one=_FILES.one)
_LOGS = Transcripts(
    Folder(".jsonl"),
    _Trajectory,
    _line,
    lambda talk, _store, _source: talk.exchanges.values(),
    FRESHNESS_S,
    dated=False,
)


_ACTIVITIES = Activities(_activity)

cursor = _ACTIVITIES.cursor
since = _ACTIVITIES.since
sessions = _ACTIVITIES.sessions
turns = _ACTIVITIES.turns
health = _ACTIVITIES.health
