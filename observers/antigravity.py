"""The conversations of Antigravity, IDE and command line: transcripts, databases of steps, or encrypted files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from observers import antigravity_steps
from observers.activity import Activity
from observers.antigravity_steps import AntigravitySteps
from observers.base import ObserverError, ObserverReason, Store, Turn
from observers.exchange import rows, shaped
from observers.file_stamp import FileStamp
from observers.listing import Source
from observers.regular_file import may_be_directory
from observers.session_database import SessionDatabase
from observers.session_files import SessionFiles, entries, file_of, regular, regular_in
from observers.transcript import Transcripts, as_they_are

ID = "antigravity"
CANNOT_KNOW: tuple[str, ...] = (
    "anything but that they exist of conversations kept in .pb files only: those are encrypted",
    "which folder a conversation belongs to",
    "whether a tool runs or waits for approval, in transcripts",
    "whether a step failed or was cancelled, in databases",
)

FRESHNESS_S = 900.0
FLUSH_S = 10.0

_ROOTS = ("antigravity", "antigravity-ide", "antigravity-cli")
_LOGS = Path("brain"), Path(".system_generated") / "logs"
# Of one conversation, the form named first is read.
_TRANSCRIPTS = ("transcript_full.jsonl", "transcript.jsonl")
_SUFFIXES = (".db", ".pb")


class _Layout:
    """`brain/<id>/.system_generated/logs/transcript_full.jsonl`, `conversations/<id>.db`, `conversations/<id>.pb`."""

    def files(self, store: Store) -> Iterator[tuple[str, int, str, os.stat_result]]:
        for entry in entries(store.path / _LOGS[0]):
            for rank, name in enumerate(_TRANSCRIPTS):
                path = f"{entry.path}{os.sep}{_LOGS[1]}{os.sep}{name}"
                if (status := regular_in(entry, path)) is not None:
                    yield entry.name, rank, path, status
        for entry in entries(store.path / "conversations"):
            key, dot, last = entry.name.rpartition(".")
            if dot + last in _SUFFIXES and (status := regular(entry)) is not None:
                yield key, len(_TRANSCRIPTS) + _SUFFIXES.index(dot + last), entry.path, status

    def key(self, store: Store, path: Path) -> str | None:
        inside = path.is_relative_to(store.path / _LOGS[0])
        return path.parents[2].name if inside and path.name == _TRANSCRIPTS[0] else None


def locate(workspace: str | Path | None = None) -> tuple[Store, ...]:
    """See `Observer.locate`. No conversation names its folder."""
    if workspace is not None:
        return ()
    roots = [Path.home() / ".gemini" / name for name in _ROOTS]
    return tuple(Store(ID, root, None, root.name) for root in roots if may_be_directory(root))


def at(path: Path) -> Store:
    """See `Observer.at`. Takes one of the product's folders under `~/.gemini`, or anything in it."""
    path = path.absolute()
    for folder in (path, *path.parents):
        if folder.name in _ROOTS and may_be_directory(folder):
            return Store(ID, folder, None, folder.name)
    hint = f"give one of {', '.join(_ROOTS)} under ~/.gemini"
    raise ObserverError(ObserverReason.MISSING, "no chat store of Antigravity is here", where=str(path), hint=hint)


def flush_horizon(_store: Store) -> float:
    """See `Observer.flush_horizon`."""
    return FLUSH_S


def watch_paths(store: Store) -> tuple[Path, ...]:
    """See `Observer.watch_paths`. A transcript is in a folder of its own, so those of the newest are watched too."""
    logs = [file_of(source).parent for source in _sources(store)[-8:] if _is_log(source)]
    return (store.path, store.path / _LOGS[0], store.path / "conversations", *logs)


def fingerprint(store: Store) -> str:
    """See `Observer.fingerprint`: the forms of the newest conversations."""
    forms = {file_of(source).suffix[1:] for source in _sources(store)[-8:]}
    return " ".join(sorted(forms)) or "empty"


def _is_log(source: Source) -> bool:
    return file_of(source).suffix == ".jsonl"


def _sources(store: Store) -> Sequence[Source]:
    found = [_with_log(source) if file_of(source).suffix == ".db" else source for source in _FILES.sources(store)]
    return sorted(found, key=lambda source: (source.modified_ms, source.key))


def _with_log(source: Source) -> Source:
    """A database changes by its write-ahead log first."""
    try:
        stamp = FileStamp.of(Path(f"{source.file}-wal").stat())
    except OSError:
        return source
    settled = source.stamp is not None and stamp.settled()
    modified = max(source.modified_ms, stamp.modified // 1_000_000 if stamp.size else 0)
    return replace(source, stamp=f"{source.stamp}/{stamp}" if settled else None, modified_ms=modified)


def _scan(store: Store, source: Source) -> Sequence[str]:
    return [turn.turn for turn in _read(store, source)]


def _read(store: Store, source: Source) -> Sequence[Turn]:
    path = file_of(source)
    if path.suffix == ".jsonl":
        return _LOGS_READ.read(store, source)
    if path.suffix == ".pb":
        hint = "nothing can be read there; a drive settles without a witness"
        raise ObserverError(
            ObserverReason.ENCRYPTED, "the product encrypts this conversation", where=str(path), hint=hint
        )
    found = _DATABASE.contents(Store(ID, path), source)
    with shaped(str(path)):
        return rows(store, source.key, antigravity_steps.exchanges(found, str(path)))


_FILES = SessionFiles(_Layout())
_LOGS_READ = Transcripts(_Layout(), AntigravitySteps, antigravity_steps.line, as_they_are, FRESHNESS_S)
_DATABASE = SessionDatabase(
    "steps", lambda _snapshot, _path, _span: [], lambda _snapshot, _key: [], antigravity_steps.contents
)
_ACTIVITY = Activity(_sources, _scan, _read, FRESHNESS_S, one=_FILES.one, dated=True)

cursor = _ACTIVITY.cursor
since = _ACTIVITY.since
sessions = _ACTIVITY.sessions
turns = _ACTIVITY.turns
health = _ACTIVITY.health
