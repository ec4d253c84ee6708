"""The drives whose outcome is unknown and about which no person has said anything: a fold of ledger rows."""

import json
from collections.abc import Mapping

from bridge.ledger.store import Row

MOST = 1000
_ENDS = frozenset({"marked", "resent"})


class Unsettled:
    """`apply` takes the rows of earlier daemons in their order, `hear` each row of this one."""

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}

    def apply(self, kind: str, body: Mapping[str, object], drive_id: str) -> None:
        """Take one row of a drive. Beyond MOST drives the oldest is let go: no person works through more than that."""
        if kind == "settled" and body.get("outcome") == "unknown":
            self._ids[drive_id] = None
            while len(self._ids) > MOST:
                del self._ids[next(iter(self._ids))]
        elif kind in _ENDS:
            self._ids.pop(drive_id, None)

    def hear(self, row: Row) -> None:
        """A listener of the ledger; bodies of other kinds of rows are not parsed."""
        if row.drive_id is not None and (row.kind == "settled" or row.kind in _ENDS):
            self.apply(row.kind, json.loads(row.body), row.drive_id)

    def ids(self) -> list[str]:
        """Oldest first, MOST at most."""
        return list(self._ids)
