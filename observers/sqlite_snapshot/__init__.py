"""Reads the SQLite database of a running program: O_RDONLY, no lock, no file made, no stale or torn answer."""

from observers.sqlite_snapshot.database import Database, QueryAnswer, SnapshotMark
from observers.sqlite_snapshot.failure import SnapshotReason, Unreadable
from observers.sqlite_snapshot.record import Value
from observers.sqlite_snapshot.snapshot import Snapshot
from observers.sqlite_snapshot.table import Table, TableRow

__all__ = [
    "Database",
    "QueryAnswer",
    "Snapshot",
    "SnapshotMark",
    "SnapshotReason",
    "Table",
    "TableRow",
    "Unreadable",
    "Value",
]
