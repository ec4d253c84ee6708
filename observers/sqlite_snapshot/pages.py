"""Pages of one version, from the log or the file, and the b-tree nodes kept between polls."""

from __future__ import annotations

from collections import OrderedDict

from observers.sqlite_snapshot.failure import Malformed
from observers.sqlite_snapshot.read_budget import ReadBudget
from observers.sqlite_snapshot.record import Space
from observers.sqlite_snapshot.store_files import StoreFiles, read
from observers.sqlite_snapshot.version import Version
from observers.sqlite_snapshot.wal import FRAME_HEADER_SIZE, frame_offset, parse_frame_header

_KINDS = {2: (True, False), 5: (False, False), 10: (True, True), 13: (False, True)}
_LOCK_BYTE = 1 << 30


class BtreePage:
    """One b-tree page. Cell pointers are read when asked for: most are never looked at."""

    __slots__ = ("_pointers", "cells", "data", "index", "leaf")

    def __init__(self, number: int, data: bytes, usable: int) -> None:
        start = 100 if number == 1 else 0
        kind = _KINDS.get(data[start])
        if kind is None:
            raise Malformed(f"page {number} is not a b-tree page")
        self.index, self.leaf = kind
        self.data = data
        self.cells = int.from_bytes(data[start + 3 : start + 5])
        self._pointers = start + (8 if self.leaf else 12)
        if self._pointers + 2 * self.cells > usable:
            raise Malformed(f"page {number} claims {self.cells} cells")

    def cell(self, position: int) -> int:
        """Where cell `position` begins in `data`."""
        at = self._pointers + 2 * position
        return self.data[at] << 8 | self.data[at + 1]

    def child(self, position: int) -> int:
        """The page left of cell `position`; the last one is right of every cell."""
        at = self.cell(position) if position < self.cells else self._pointers - 4
        return int.from_bytes(self.data[at : at + 4])


class NodeCache:
    """Nodes by page, each with the frame it came from, dropped as a whole with their epoch."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = 0
        self._epoch: object = None
        self._nodes: OrderedDict[int, tuple[int, BtreePage]] = OrderedDict()

    def enter(self, epoch: object) -> None:
        if epoch != self._epoch:
            self.clear()
            self._epoch = epoch

    def clear(self) -> None:
        self._epoch = None
        self._held = 0
        self._nodes.clear()

    def get(self, page: int, frame: int) -> BtreePage | None:
        found = self._nodes.get(page)
        if found is None or found[0] != frame:
            return None
        self._nodes.move_to_end(page)
        return found[1]

    def put(self, page: int, frame: int, node: BtreePage) -> None:
        replaced = self._nodes.pop(page, None)
        self._held += len(node.data) - (len(replaced[1].data) if replaced else 0)
        self._nodes[page] = (frame, node)
        while self._held > self._size:
            _, (_, oldest) = self._nodes.popitem(last=False)
            self._held -= len(oldest.data)


class Pages:
    """Readable until closed; every page that was looked at is in `touched` (None once there are too many)."""

    _MOST_TOUCHED = 4096

    def __init__(self, files: StoreFiles, version: Version, cache: NodeCache, budget: ReadBudget) -> None:
        self._files = files
        self._version = version
        self._cache = cache
        self._budget = budget
        self._open = True
        self.touched: set[int] | None = set()
        self.count = version.pages
        self.header = self._read(1, version.frames.get(1, 0))[:100] if version.pages else bytes(100)
        usable = version.page_size - self.header[20]
        if usable < 480:
            raise Malformed(f"{self.header[20]} reserved bytes in pages of {version.page_size}")
        self.space = Space(usable, usable * self.count, self.overflow, budget.fits)

    def close(self) -> None:
        self._open = False

    def node(self, number: int) -> BtreePage:
        frame = self._look(number)
        node = self._cache.get(number, frame)
        if node is None:
            node = BtreePage(number, self._read(number, frame), self.space.usable)
            self._cache.put(number, frame, node)
        return node

    def overflow(self, number: int) -> bytes:
        return self._read(number, self._look(number))

    def _look(self, number: int) -> int:
        if not self._open:
            raise RuntimeError("the snapshot is over: return values from the query, not iterators")
        self._budget.check()
        if self.touched is not None:
            self.touched.add(number)
            if len(self.touched) > self._MOST_TOUCHED:
                self.touched = None
        return self._version.frames.get(number, 0)

    def _read(self, number: int, frame: int) -> bytes:
        size = self._version.page_size
        if not 1 <= number <= self.count or number == _LOCK_BYTE // size + 1:
            raise Malformed(f"page {number} of {self.count}")
        if not frame:
            data = read(self._files.database, size, (number - 1) * size)
            if len(data) < size:
                raise Malformed(f"the file ends before page {number}")
            return data
        wal = self._files.wal
        data = b"" if wal is None else read(wal, FRAME_HEADER_SIZE + size, frame_offset(frame, size))
        if len(data) < FRAME_HEADER_SIZE + size:
            raise Malformed(f"the log ends before frame {frame}")
        found = parse_frame_header(data)
        if found.page != number or found.salt != self._version.salt:
            raise Malformed(f"frame {frame} of the log does not hold page {number}")
        return data[FRAME_HEADER_SIZE:]
