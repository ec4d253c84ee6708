"""Where the end of the ledger was, kept apart from the rows, so that a cut-off end shows.

A row is committed first, then its tip is written in place into slot `seq % 2` of two, each flushed before the next
step. A power loss can therefore leave exactly one row without its tip, and can tear only that row's slot:
`torn`. A tip without its row, two rows without a tip, or a damaged slot beside a tip that has its last row cannot
come from a power loss on a disk that keeps what it has flushed: `problem`. What this cannot show is an older copy
of rows and tip put back together; only a tip noted elsewhere shows that.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bridge.files import open_private
from bridge.ledger.chain import NO_ROWS, Seal, Tip
from bridge.ledger.directory import flush

FILE_NAME = "tip"
SLOT_SPACING = 4096  # a slot of its own for the largest sector in use: one torn write cannot reach both

Slots = tuple[Tip | None, Tip | None]

_LINE = re.compile(rb"koru-tip 1 ([0-9]{20}) ([0-9a-f]{64}) ([0-9a-f]{64})\n")
_LINE_BYTES = 162


@dataclass(frozen=True, slots=True)
class Ending:
    """How tip and rows agree. `problem` says why only a hand explains them, and `seq` which row is the first bad."""

    torn: bool = False
    problem: str | None = None
    seq: int | None = None


class TipFile:
    """The file as its one writer has it open."""

    def __init__(self, path: Path, seal: Seal) -> None:
        """Raises OSError when it is missing or cannot be written."""
        self._seal = seal
        self._descriptor = open_private(path, os.O_RDWR)

    @staticmethod
    def create(path: Path, seal: Seal) -> None:
        """A tip of no rows, in full size, so that later writes need no new space. Raises OSError."""
        descriptor = open_private(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        try:
            first = _encode(NO_ROWS, seal).ljust(SLOT_SPACING, b"\0")
            os.pwrite(descriptor, first.ljust(2 * SLOT_SPACING, b"\0"), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def write(self, tip: Tip) -> None:
        """On disk when it returns. Raises OSError."""
        line = _encode(tip, self._seal)
        if os.pwrite(self._descriptor, line, (tip.seq % 2) * SLOT_SPACING) != len(line):
            raise OSError("the tip was written only in part")
        flush(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


def read_slots(path: Path, seal: Seal) -> Slots:
    """Both slots; None for one that is damaged, blank or sealed with another key, and for both without the file.

    Raises OSError when the file is there and cannot be read.
    """
    try:
        descriptor = open_private(path, os.O_RDONLY)
    except FileNotFoundError:
        return (None, None)
    try:
        return (_decode(descriptor, 0, seal), _decode(descriptor, 1, seal))
    finally:
        os.close(descriptor)


def newest(slots: Slots) -> Tip | None:
    return max((slot for slot in slots if slot), key=lambda tip: tip.seq, default=None)


def compare(slots: Slots, rows: int, hash_of: Callable[[int], str | None]) -> Ending:
    """Do the slots fit a ledger of `rows` rows? `hash_of(seq)` gives a row's hash (64 zeros for seq 0)."""
    tip = newest(slots)
    if tip is None:
        return Ending(problem="the tip is missing or destroyed", seq=rows)
    if tip.seq > rows:
        return Ending(problem=f"the end was cut off: the tip names row {tip.seq}, the last row is {rows}", seq=rows + 1)
    if hash_of(tip.seq) != tip.hash:
        return Ending(problem="the row is not the one its tip was written for", seq=tip.seq)
    if rows == tip.seq + 1:
        return Ending(torn=True)
    if rows > tip.seq:
        return Ending(problem=f"the tip was put back: it names row {tip.seq} of {rows}", seq=tip.seq + 1)
    before = slots[(tip.seq + 1) % 2]
    if before is None or before.seq != tip.seq - 1 or hash_of(before.seq) != before.hash:
        return Ending(problem="the tip of a later row was destroyed or replaced", seq=tip.seq + 1)
    return Ending()


def _encode(tip: Tip, seal: Seal) -> bytes:
    return f"koru-tip 1 {tip.seq:020d} {tip.hash} {seal.tip(tip)}\n".encode("ascii")


def _decode(descriptor: int, slot: int, seal: Seal) -> Tip | None:
    match = _LINE.fullmatch(os.pread(descriptor, _LINE_BYTES, slot * SLOT_SPACING))
    if match is None:
        return None
    tip = Tip(int(match[1]), match[2].decode("ascii"))
    good = match[3].decode("ascii") == seal.tip(tip) and tip.seq % 2 == slot
    return tip if good else None
