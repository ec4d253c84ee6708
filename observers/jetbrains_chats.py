"""The chats that JetBrains AI Assistant saves in an IDE's workspace files, one XML file a project.

Elements as readers of the store report them; the order of a chat's messages is all that tells its turns.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from xml.etree import ElementTree

from observers.base import ObserverError, ObserverReason, State, Store, Turn
from observers.exchange import Exchange, rows
from observers.file_stamp import FileStamp
from observers.jsonl import changing_or
from observers.listing import Source
from observers.regular_file import chunks, opened
from observers.session_files import entries, regular

_COMPONENT = b"ChatSessionStateTemp"
_MOST_BYTES = 64 << 20
_KEPT_FILES = 256
_NO_STATE = "the store keeps no state of a turn"


@dataclass(frozen=True, slots=True)
class XmlChat:
    """One chat: who said what, in order. `digest` is of all of it."""

    uid: str
    modified_ms: int
    messages: tuple[tuple[str, str], ...]
    digest: str


class XmlChats:
    """The chats in the XML files of a folder; a file that did not change is not read again."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[str, tuple[XmlChat, ...]]] = OrderedDict()
        self._lock = Lock()

    def sources(self, store: Store) -> tuple[Source, ...]:
        """Every chat of every project, oldest write first. A file that cannot be read is listed as one chat, so that
        reading it raises why."""
        found = []
        for entry in entries(store.path):
            if not entry.name.endswith(".xml") or (status := regular(entry)) is None:
                continue
            stamp = FileStamp.of(status)
            modified = stamp.modified // 1_000_000
            try:
                for chat in self._of(entry.path, stamp):
                    settled = f"{chat.digest}" if stamp.settled() else None
                    found.append(Source(chat.uid, settled, chat.modified_ms or modified, file=entry.path))
            except ObserverError as problem:
                unread = None if problem.transient else f"{problem.reason}/{stamp}"
                found.append(Source(Path(entry.name).stem, unread, modified, file=entry.path))
        return tuple(sorted(found, key=lambda source: (source.modified_ms, source.key)))

    def read(self, store: Store, source: Source) -> Sequence[Turn]:
        """The rows of a chat."""
        path = str(source.file)
        with opened(Path(path)) as descriptor:
            stamp = FileStamp.of(os.fstat(descriptor))
        for chat in self._of(path, stamp):
            if chat.uid == source.key:
                return rows(store, chat.uid, _exchanges(chat, f"{path}#{chat.uid}"))
        raise ObserverError(ObserverReason.MISSING, f"the chat {source.key!r} is gone", where=path)

    def scan(self, store: Store, source: Source) -> Sequence[str]:
        """The turn ids of a chat."""
        return [turn.turn for turn in self.read(store, source)]

    def _of(self, path: str, stamp: FileStamp) -> tuple[XmlChat, ...]:
        with self._lock:
            kept = self._known.get(path)
        if kept is None or kept[0] != str(stamp) or not stamp.settled():
            kept = str(stamp), _parsed(Path(path))
            with self._lock:
                self._known[path] = kept
                while len(self._known) > _KEPT_FILES:
                    self._known.popitem(last=False)
        return kept[1]


def _parsed(path: Path) -> tuple[XmlChat, ...]:
    with opened(path) as descriptor:
        stamp = FileStamp.of(os.fstat(descriptor))
        if stamp.size > _MOST_BYTES:
            message = f"{stamp.size} bytes; the most read is {_MOST_BYTES}"
            raise ObserverError(ObserverReason.TOO_LARGE, message, where=str(path))
        data = b"".join(chunks(descriptor, 0, stamp.size))
    # Most projects have no chat. What begins with a declaration of its own entities is not of the IDE.
    if _COMPONENT not in data and data.rstrip().endswith(b">"):
        return ()
    try:
        if b"<!" in data.replace(b"<![CDATA[", b"").replace(b"<!--", b""):
            raise ObserverError(ObserverReason.SCHEMA_CHANGED, "an XML file that declares something", where=str(path))
        root = ElementTree.fromstring(data)  # noqa: S314 - it declares no entities: see above
    except ElementTree.ParseError as error:
        damage = ObserverError(ObserverReason.CORRUPT, f"not XML: {error}", where=str(path))
        raise changing_or(damage, stamp) from error
    return tuple(_chats(root, str(path)))


def _chats(root: ElementTree.Element, where: str) -> Iterator[XmlChat]:
    for component in root.iter("component"):
        if component.get("name") == _COMPONENT.decode():
            for chat in component.iter("SerializedChat"):
                uid = _option(chat, "uid")
                if uid is None:
                    raise ObserverError(ObserverReason.SCHEMA_CHANGED, "a chat without a uid", where=where)
                said = tuple(_messages(chat, where))
                digest = blake2b(repr((uid, said)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
                modified = _option(chat, "modifiedAt") or ""
                yield XmlChat(uid, int(modified) if modified.isdecimal() else 0, said, digest)


def _messages(chat: ElementTree.Element, where: str) -> Iterator[tuple[str, str]]:
    for message in chat.iter("SerializedChatMessage"):
        author = _option(message, "author") or "User"
        text = _option(message, "displayContent") or _option(message, "internalContent") or ""
        if author not in {"User", "USER", "Assistant", "ASSISTANT"}:
            raise ObserverError(
                ObserverReason.SCHEMA_CHANGED, f"a message of an unknown author {author!r}", where=where
            )
        yield author.lower(), text


def _option(element: ElementTree.Element, name: str) -> str | None:
    for option in element.findall("option"):
        if option.get("name") == name:
            return option.get("value") or (option.text or "").strip() or None
    return None


def _exchanges(chat: XmlChat, where: str) -> list[Exchange]:
    found: list[Exchange] = []
    digest = blake2b(chat.uid.encode(), digest_size=8)
    for author, text in chat.messages:
        if author == "user":
            digest.update(f"{len(text)}:{text}".encode("utf-8", "surrogatepass"))
            found.append(Exchange(digest.hexdigest(), text, where))
            found[-1].become(State.UNKNOWN, "no answer is kept yet")
        elif found:
            found[-1].answer(text, where)
            found[-1].become(State.UNKNOWN, _NO_STATE)
    return found
