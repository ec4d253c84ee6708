"""Walking a b-tree in either direction, within bounds that a hostile file cannot stretch."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

from observers.sqlite_snapshot.failure import Malformed
from observers.sqlite_snapshot.pages import BtreePage, Pages
from observers.sqlite_snapshot.record import Payload, signed, varint

_DEEPEST = 20

KeyT = TypeVar("KeyT")
EntryT = TypeVar("EntryT")


class _Tree(Generic[KeyT, EntryT]):
    """`place(key)` is -1, 0 or 1 for keys before, in and after the wanted range, never falling along the tree."""

    index: bool

    def __init__(self, pages: Pages, root: int) -> None:
        self._pages = pages
        self._root = root

    def key(self, node: BtreePage, cell: int) -> KeyT:
        raise NotImplementedError

    def entry(self, node: BtreePage, cell: int) -> EntryT:
        raise NotImplementedError

    def ascending(self, place: Callable[[KeyT], int]) -> Iterator[EntryT]:
        """The entries of the range, in the order of the tree."""
        return self._forward(self._root, place, False, _Visits(self._pages.count), _DEEPEST)

    def descending(self, place: Callable[[KeyT], int]) -> Iterator[EntryT]:
        """The same backwards."""
        return self._backward(self._root, place, False, _Visits(self._pages.count), _DEEPEST)

    def _node(self, number: int, visits: _Visits, depth: int) -> BtreePage:
        visits.count(number, depth)
        node = self._pages.node(number)
        if node.index != self.index:
            raise Malformed(f"page {number} belongs to another kind of tree")
        return node

    def _bound(self, node: BtreePage, place: Callable[[KeyT], int], least: int) -> int:
        """The first cell whose place is at least `least`."""
        return bisect_left(range(node.cells), least, key=lambda cell: place(self.key(node, cell)))

    def _forward(
        self, number: int, place: Callable[[KeyT], int], inside: bool, visits: _Visits, depth: int
    ) -> Generator[EntryT, None, bool]:
        """Returns whether the range may go on to the right. `inside`: everything here lies past its beginning."""
        node = self._node(number, visits, depth)
        first = 0 if inside else self._bound(node, place, 0)
        # Most pages lie inside the range as a whole: one look at the last cell then saves a search.
        whole = node.cells == 0 or place(self.key(node, node.cells - 1)) <= 0
        if node.leaf:
            for cell in range(first, node.cells if whole else self._bound(node, place, 1)):
                yield self.entry(node, cell)
            return whole
        for cell in range(first, node.cells + 1):
            goes_on = yield from self._forward(node.child(cell), place, inside or cell > first, visits, depth - 1)
            if cell == node.cells or not goes_on:
                return goes_on
            if not whole and place(self.key(node, cell)) > 0:
                return False
            if self.index:
                yield self.entry(node, cell)
        return True

    def _backward(
        self, number: int, place: Callable[[KeyT], int], inside: bool, visits: _Visits, depth: int
    ) -> Generator[EntryT, None, bool]:
        """Returns whether the range may go on to the left. `inside`: everything here lies before its end."""
        node = self._node(number, visits, depth)
        last = node.cells if inside else self._bound(node, place, 1)
        whole = node.cells == 0 or place(self.key(node, 0)) >= 0
        if node.leaf:
            for cell in range(last - 1, -1 if whole else self._bound(node, place, 0) - 1, -1):
                yield self.entry(node, cell)
            return whole
        for cell in range(last, -1, -1):
            goes_on = yield from self._backward(node.child(cell), place, inside or cell < last, visits, depth - 1)
            if cell == 0 or not goes_on:
                return goes_on
            if not whole and place(self.key(node, cell - 1)) < 0:
                return False
            if self.index:
                yield self.entry(node, cell - 1)
        return True


class _Visits:
    """No page of a tree is met twice, so a walk longer than the database is a cycle."""

    def __init__(self, pages: int) -> None:
        self._left = pages

    def count(self, number: int, depth: int) -> None:
        self._left -= 1
        if self._left < 0 or depth <= 0:
            raise Malformed(f"the tree comes back to page {number}")


def _number(node: BtreePage, at: int) -> tuple[int, int]:
    try:
        return varint(node.data, at)
    except IndexError as error:
        raise Malformed("a cell ends too soon") from error


class TableTree(_Tree[int, tuple[int, Payload]]):
    """Rows by rowid."""

    index = False

    def key(self, node: BtreePage, cell: int) -> int:
        at = node.cell(cell)
        if node.leaf:
            _, at = _number(node, at)
        else:
            at += 4
        return signed(_number(node, at)[0])

    def entry(self, node: BtreePage, cell: int) -> tuple[int, Payload]:
        size, at = _number(node, node.cell(cell))
        rowid, at = _number(node, at)
        return signed(rowid), Payload(self._pages.space, node.data, at, size, index=False)


class IndexTree(_Tree[Payload, Payload]):
    """Records by their own columns: an index, or a WITHOUT ROWID table."""

    index = True

    def key(self, node: BtreePage, cell: int) -> Payload:
        size, at = _number(node, node.cell(cell) + (0 if node.leaf else 4))
        return Payload(self._pages.space, node.data, at, size, index=True)

    entry = key
