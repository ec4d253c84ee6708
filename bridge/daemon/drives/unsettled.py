"""The drives whose outcome is unknown and about which no person has said anything: a fold of ledger rows."""

import json
from collections.abc import Mapping

from bridge.ledger.store import Row

MOST = 1000
_ENDS = frozenset({"marked", "resent"})


class Unsettled:
    """`apply` takes rows in their order, `hear` those of this daemon."""

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}

    def apply(self, kind: str, body: Mapping[str, object], drive_id: str) -> None:
        if kind == "settled" and body.get("outcome") == "unknown":
            self._ids[drive_id] = None
            while len(self._ids) > MOST:
                del self._ids[next(iter(self._ids))]
        elif kind in _ENDS:
            self._ids.pop(drive_id, None)

    def hear(self, row: Row) -> None:
        if row.drive_id is not None and (row.kind == "settled" or row.kind in _ENDS):
            self.apply(row.kind, json.loads(row.body), row.drive_id)

    def ids(self) -> list[str]:
        """Oldest first, the newest thousand at most."""
        return list(self._ids)
