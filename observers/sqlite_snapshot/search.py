"""Which index can answer a search, and where one of its entries lies relative to what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from observers.sqlite_snapshot.failure import Malformed
from observers.sqlite_snapshot.ordering import COLLATIONS, IndexColumn, Key
from observers.sqlite_snapshot.record import Payload, StoredColumn, Value, fields
from observers.sqlite_snapshot.schema import Index, TableShape

# -1, 0 or 1: an entry lies before, in or after the wanted range, in the order of its index.
Comparison = Callable[[Payload], int]


@dataclass(frozen=True, slots=True)
class Bounds:
    """`low <= column < high`, open where None; or, if `prefix` is set, text that begins with it."""

    column: int
    low: Value = None
    high: Value = None
    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Equality in every column of `equal`, by place in the table, and perhaps a range of one more."""

    equal: Mapping[int, Value]
    bounds: Bounds | None

    @property
    def columns(self) -> list[int]:
        return [*self.equal, *([self.bounds.column] if self.bounds else [])]

    def fits(self, index: Index, shape: TableShape) -> bool:
        """The index begins with these columns and compares as they do."""
        asked = index.parts[: len(self.columns)]
        if len(self.columns) > index.keys or {part.column for part in asked[: len(self.equal)]} != set(self.equal):
            return False
        if self.bounds and asked[-1].column != self.bounds.column:
            return False
        if self.bounds and self.bounds.prefix is not None and asked[-1].collation == "RTRIM":
            return False
        return all(part.collation == _collation(shape, part.column) for part in asked)

    def index(self, shape: TableShape) -> Index | None:
        indexes = (shape.primary, *shape.indexes) if shape.primary else shape.indexes
        return next((index for index in indexes if self.fits(index, shape)), None)

    def place(self, index: Index, encoding: str) -> Comparison:
        orders = list(_orders(index, len(self.columns), encoding))
        equal = [orders[at].of_value(self.equal[index.parts[at].column]) for at in range(len(self.equal))]
        return _placing(orders, equal, self.bounds)


def same_row(primary: Index, entry: Payload, index: Index, encoding: str) -> Comparison:
    """Where in a WITHOUT ROWID table the row of an entry of one of its other indexes lies."""
    places = {part.column: at for at, part in enumerate(index.parts)}
    positions = tuple(places[part.column] for part in primary.parts[: primary.keys])
    orders = list(_orders(primary, primary.keys, encoding))
    keys = [order.of_field(field) for order, field in zip(orders, stored(entry, positions), strict=True)]
    return _placing(orders, keys, None)


def stored(payload: Payload, positions: tuple[int, ...]) -> list[StoredColumn]:
    """Fields of an index entry, which has all its columns."""
    found = [field for field in fields(payload, positions) if field is not None]
    if len(found) < len(positions):
        raise Malformed("an index entry has too few columns")
    return found


def _collation(shape: TableShape, column: int) -> str | None:
    collation = shape.columns[column].collation if column >= 0 else None
    return collation if collation in COLLATIONS else None


def _orders(index: Index, count: int, encoding: str) -> Iterator[IndexColumn]:
    return (IndexColumn(part.collation, part.descending, encoding) for part in index.parts[:count])


def _placing(orders: list[IndexColumn], equal: list[Key], bounds: Bounds | None) -> Comparison:
    positions = tuple(range(len(orders)))
    final = _final(orders[-1], bounds) if bounds else None

    def place(entry: Payload) -> int:
        found = stored(entry, positions)
        for order, field, key in zip(orders, found, equal, strict=False):
            side = order.place(order.of_field(field), key)
            if side:
                return side
        return 0 if final is None else final(orders[-1].of_field(found[-1]))

    return place


def _final(order: IndexColumn, bounds: Bounds) -> Callable[[Key], int]:
    if bounds.prefix is not None:
        start = order.of_value(bounds.prefix)
        return lambda key: order.place_prefix(key, start)
    low = None if bounds.low is None else order.of_value(bounds.low)
    high = None if bounds.high is None else order.of_value(bounds.high)
    return lambda key: order.place_below(key, low, high)
