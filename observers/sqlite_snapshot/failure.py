"""Why a store could not be read: one exception for callers, two signals that never leave this package."""

from __future__ import annotations

from enum import StrEnum


class SnapshotReason(StrEnum):
    """Stable words; `detail` of the exception says where and what to do next."""

    MISSING = "missing"
    DENIED = "denied"
    NOT_A_FILE = "not_a_file"
    NOT_A_DATABASE = "not_a_database"
    UNSUPPORTED = "unsupported"
    CORRUPT = "corrupt"
    HOT_JOURNAL = "hot_journal"
    BUSY = "busy"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    NO_TABLE = "no_table"
    NO_COLUMN = "no_column"
    NO_INDEX = "no_index"
    IO = "io"


class Unreadable(Exception):
    """The store gave no answer. Nothing was learned, and nothing in the store was changed."""

    def __init__(self, reason: SnapshotReason, detail: str, path: str = "") -> None:
        super().__init__(reason, detail, path)
        self.reason = reason
        self.detail = detail
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: {self.detail} [{self.reason}]"


class Malformed(Exception):
    """Bytes that make no sense: corrupt, or torn by a writer. Only a validity check can tell which."""

    def __init__(self, detail: str, reason: SnapshotReason = SnapshotReason.CORRUPT) -> None:
        super().__init__(detail)
        self.reason = reason


class Moved(Exception):
    """The store changed under the read, or is in the middle of a change: try again."""

    def __init__(self, detail: str, reason: SnapshotReason = SnapshotReason.BUSY) -> None:
        super().__init__(detail)
        self.reason = reason
