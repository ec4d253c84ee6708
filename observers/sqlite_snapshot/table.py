"""Rows of one table by rowid, by key and by range, always through a b-tree: no search scans a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from observers.sqlite_snapshot.btree import IndexTree, TableTree
from observers.sqlite_snapshot.failure import Malformed, SnapshotReason, Unreadable
from observers.sqlite_snapshot.pages import Pages
from observers.sqlite_snapshot.record import Payload, StoredColumn, Value, fields, value
from observers.sqlite_snapshot.schema import ROWID, Index, TableShape
from observers.sqlite_snapshot.search import Bounds, Comparison, Search, same_row, stored

TableRow = dict[str, Value]
# Names as the caller wrote them, and the places of their columns.
_Selection = list[tuple[str, int]]
_Decode = Callable[[int | None, Payload], TableRow]


class Table:
    """One table of a snapshot. `columns=None` stands for every stored column; "rowid" may be asked for by name.

    Values are compared as stored: no conversion to the type of the column. None in `where` finds NULL.
    Raises Unreadable NO_COLUMN for a name that is not there and NO_INDEX where only a full scan could answer.
    """

    def __init__(self, pages: Pages, shape: TableShape, encoding: str) -> None:
        self._pages = pages
        self._shape = shape
        self._encoding = encoding
        self._places = {column.name.lower(): place for place, column in enumerate(shape.columns)}
        self._fields = {place: column.field for place, column in enumerate(shape.columns) if column.field is not None}

    @property
    def name(self) -> str:
        return self._shape.name

    @property
    def columns(self) -> tuple[str, ...]:
        """As declared, without computed ones that are not stored."""
        return tuple(self._shape.columns[place].name for place in sorted(self._fields))

    def rows(
        self,
        columns: Sequence[str] | None = None,
        *,
        first: int | None = None,
        last: int | None = None,
        reverse: bool = False,
    ) -> Iterator[TableRow]:
        """Rows with `first <= rowid <= last` by rowid; all rows by key in a table WITHOUT ROWID."""
        selection = self._select(columns)
        if self._shape.primary is None:
            return self._rows_by_rowid(selection, first, last, reverse)
        if first is not None or last is not None:
            raise Unreadable(SnapshotReason.NO_INDEX, f"{self.name} has no rowid")
        decode = self._decoder(selection, self._fields)
        return (decode(None, payload) for payload in self._in_index(self._shape.root, lambda _: 0, reverse))

    def row(self, rowid: int, columns: Sequence[str] | None = None) -> TableRow | None:
        return next(self.rows(columns, first=rowid, last=rowid), None)

    def find(
        self, where: Mapping[str, Value], columns: Sequence[str] | None = None, *, reverse: bool = False
    ) -> Iterator[TableRow]:
        """Rows equal in every column of `where`, in the order of the index used."""
        return self._search(where, None, columns, reverse)

    def get(self, where: Mapping[str, Value], columns: Sequence[str] | None = None) -> TableRow | None:
        """The first of `find`."""
        return next(self.find(where, columns), None)

    def between(
        self,
        column: str,
        low: Value,
        high: Value,
        columns: Sequence[str] | None = None,
        *,
        where: Mapping[str, Value] | None = None,
        reverse: bool = False,
    ) -> Iterator[TableRow]:
        """Rows with `low <= column < high`, ascending; None leaves a side open; NULL is in no range."""
        return self._search(where or {}, Bounds(self._place(column), low, high), columns, reverse)

    def starting_with(
        self,
        column: str,
        prefix: str,
        columns: Sequence[str] | None = None,
        *,
        where: Mapping[str, Value] | None = None,
        reverse: bool = False,
    ) -> Iterator[TableRow]:
        """Rows whose text in `column` begins with `prefix`, ascending; by the collation of the column."""
        return self._search(where or {}, Bounds(self._place(column), prefix=prefix), columns, reverse)

    def _search(
        self, where: Mapping[str, Value], bounds: Bounds | None, columns: Sequence[str] | None, reverse: bool
    ) -> Iterator[TableRow]:
        search = Search({self._place(name): wish for name, wish in where.items()}, bounds)
        selection = self._select(columns)
        if self._shape.primary is None and search.columns in ([ROWID], [self._shape.alias]):
            return self._search_rowid(search, selection, reverse)
        index = search.index(self._shape)
        if index is None:
            names = [self._shape.columns[at].name if at >= 0 else "rowid" for at in search.columns]
            raise Unreadable(
                SnapshotReason.NO_INDEX, f"{self.name} has no index on {', '.join(names)} that can be used"
            )
        return self._search_index(index, search, selection, reverse)

    def _search_rowid(self, search: Search, selection: _Selection, reverse: bool) -> Iterator[TableRow]:
        bounds = search.bounds
        equal = next(iter(search.equal.values()), None)
        low, high = (bounds.low, bounds.high) if bounds else (equal, equal)
        if (
            not isinstance(low, int | None)
            or not isinstance(high, int | None)
            or (bounds and bounds.prefix is not None)
        ):
            raise Unreadable(SnapshotReason.NO_INDEX, f"the rowid of {self.name} is found by whole numbers only")
        if bounds is None and equal is None:
            return iter(())
        return self._rows_by_rowid(selection, low, high - 1 if bounds and high is not None else high, reverse)

    def _search_index(self, index: Index, search: Search, selection: _Selection, reverse: bool) -> Iterator[TableRow]:
        descending = search.bounds is not None and index.parts[len(search.equal)].descending
        entries = self._in_index(index.root, search.place(index, self._encoding), reverse != descending)
        places = {part.column: at for at, part in enumerate(index.parts)}
        if self._shape.alias is not None:
            places[self._shape.alias] = places[ROWID]
        if all(at in places for _, at in selection):
            decode = self._decoder(selection, places)
            return (decode(None, entry) for entry in entries)
        decode = self._decoder(selection, self._fields)
        return (decode(*self._behind(index, entry)) for entry in entries)

    def _behind(self, index: Index, entry: Payload) -> tuple[int | None, Payload]:
        """The rowid, where there is one, and the row that an index entry stands for."""
        primary = self._shape.primary
        if primary is None:
            (field,) = stored(entry, (len(index.parts) - 1,))
            rowid = value(field, self._encoding)
            if isinstance(rowid, int):
                for found in self._by_rowid(rowid, rowid, reverse=False):
                    return found
        else:
            place = same_row(primary, entry, index, self._encoding)
            for payload in self._in_index(primary.root, place, backward=False):
                return None, payload
        raise Malformed(f"index {index.name} of {self.name} leads to no row")

    def _rows_by_rowid(
        self, selection: _Selection, first: int | None, last: int | None, reverse: bool
    ) -> Iterator[TableRow]:
        decode = self._decoder(selection, self._fields)
        return (decode(rowid, payload) for rowid, payload in self._by_rowid(first, last, reverse))

    def _by_rowid(self, first: int | None, last: int | None, reverse: bool) -> Iterator[tuple[int, Payload]]:
        def place(rowid: int) -> int:
            if first is not None and rowid < first:
                return -1
            return 1 if last is not None and rowid > last else 0

        tree = TableTree(self._pages, self._shape.root)
        before: int | None = None
        for rowid, payload in tree.descending(place) if reverse else tree.ascending(place):
            if before is not None and (rowid >= before if reverse else rowid <= before):
                raise Malformed(f"rowids of {self.name} are out of order")
            before = rowid
            yield rowid, payload

    def _in_index(self, root: int, place: Comparison, backward: bool) -> Iterator[Payload]:
        tree = IndexTree(self._pages, root)
        return tree.descending(place) if backward else tree.ascending(place)

    def _place(self, name: str) -> int:
        place = self._places.get(name.lower())
        if place is None and name.lower() == "rowid" and self._shape.primary is None:
            return ROWID
        if place is None:
            raise Unreadable(
                SnapshotReason.NO_COLUMN, f"{self.name} has no column {name}; it has: {', '.join(self.columns)}"
            )
        return place

    def _select(self, columns: Sequence[str] | None) -> _Selection:
        names = self.columns if columns is None else columns
        selection = [(name, self._place(name)) for name in names]
        for name, place in selection:
            if place != ROWID and place not in self._fields:
                raise Unreadable(SnapshotReason.NO_COLUMN, f"{name} of {self.name} is computed and not stored")
        return selection

    def _decoder(self, selection: _Selection, places: Mapping[int, int]) -> _Decode:
        """Makes rows of records; the rowid it is called with is None where the record holds it, or there is none."""
        outside = [(name, at) for name, at in selection if places is self._fields and at in (ROWID, self._shape.alias)]
        inside = [pair for pair in selection if pair not in outside]
        positions = tuple(places[at] for _, at in inside)

        def decode(rowid: int | None, payload: Payload) -> TableRow:
            found = fields(payload, positions)
            row = {name: self._value(at, field) for (name, at), field in zip(inside, found, strict=True)}
            return {name: row.get(name, rowid) for name, _ in selection} if outside else row

        return decode

    def _value(self, place: int, field: StoredColumn | None) -> Value:
        if field is None:
            return None if place == ROWID else self._shape.columns[place].default
        found = value(field, self._encoding)
        real = place != ROWID and self._shape.columns[place].real
        return float(found) if real and isinstance(found, int) else found
