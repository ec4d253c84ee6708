"""Reads the SQLite database of a running program: O_RDONLY, no lock, no file made, no stale or torn answer."""

from observers.sqlite_snapshot.database import Database, Mark, Reading
from observers.sqlite_snapshot.failure import Reason, Unreadable
from observers.sqlite_snapshot.record import Value
from observers.sqlite_snapshot.snapshot import Snapshot
from observers.sqlite_snapshot.table import Row, Table

__all__ = ["Database", "Mark", "Reading", "Reason", "Row", "Snapshot", "Table", "Unreadable", "Value"]
