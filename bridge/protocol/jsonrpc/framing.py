"""Lines of the wire: one JSON object, UTF-8, ended by b"\\n". Standard library only: the CLI start depends on it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.protocol.errors import BridgeError, Reason

LINE_MAX_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class Oversize:
    """Stands in the place of a line that was longer than `limit` bytes; its content is gone."""

    limit: int


class LineReader:
    """Cuts a stream of bytes into lines. Holds at most `limit` bytes and the chunk being fed."""

    __slots__ = ("_held", "_limit", "_skipping")

    def __init__(self, limit: int = LINE_MAX_BYTES) -> None:
        self._limit = limit
        self._held = bytearray()
        self._skipping = False

    @property
    def unfinished(self) -> bool:
        """Whether the last line fed has not ended yet."""
        return self._skipping or bool(self._held)

    def feed(self, data: bytes) -> list[bytes | Oversize]:
        """The lines that `data` completes, without their b"\\n". An oversize line is told as soon as it is one."""
        *ended, rest = data.split(b"\n")
        lines: list[bytes | Oversize] = []
        for piece in ended:
            if self._skipping:
                self._skipping = False
            else:
                lines.append(self._complete(piece))
        if rest and not self._skipping and self._hold(rest):
            lines.append(Oversize(self._limit))
        return lines

    def _complete(self, piece: bytes) -> bytes | Oversize:
        if self._held:
            self._held += piece
            piece, self._held = bytes(self._held), bytearray()
        return piece if len(piece) <= self._limit else Oversize(self._limit)

    def _hold(self, rest: bytes) -> bool:
        self._held += rest
        self._skipping = len(self._held) > self._limit
        if self._skipping:
            self._held = bytearray()
        return self._skipping


def encode(message: Mapping[str, object]) -> bytes:
    """One line with its b"\\n". BridgeError LINE_TOO_LONG over LINE_MAX_BYTES; INVALID_REQUEST for what JSON lacks."""
    try:
        text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return join((text.encode("utf-8"),))
    except (TypeError, ValueError, RecursionError) as error:
        # The cause is cut off: its text can hold a part of the message.
        kind = type(error).__name__
        hint = "send strings without lone surrogates, finite numbers, and only JSON types"
        raise BridgeError(Reason.INVALID_REQUEST, f"the message is not JSON: {kind}", hint=hint) from None


def join(parts: Iterable[bytes]) -> bytes:
    """One line of pieces of JSON that are already encoded. BridgeError LINE_TOO_LONG over LINE_MAX_BYTES."""
    line = b"".join((*parts, b"\n"))
    if len(line) - 1 > LINE_MAX_BYTES:
        raise too_long(LINE_MAX_BYTES)
    return line


def too_long(limit: int) -> BridgeError:
    """The error of a line over the cap, the same for the one who sends and the one who reads."""
    return BridgeError(
        Reason.LINE_TOO_LONG,
        f"a line of the wire is longer than {limit} bytes",
        hint="send less at once: a shorter text, or a list in parts (limit, after_seq)",
    )
