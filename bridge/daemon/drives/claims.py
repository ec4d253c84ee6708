"""Which drive does a new turn in a store belong to, when several drives carried the same text?

A store shows turns late, so an older drive's turn may first be seen past a younger drive's anchor. The oldest drive
that still lacks its turn gets it: any other order could confirm the younger drive by the older one's turn. The price
is that the younger drive may stay less certain than it could be. A turn is never the witness of two drives.
"""

from dataclasses import dataclass, field

TurnKey = tuple[str, str]


@dataclass(slots=True)
class _Claim:
    drive_id: str
    text_sha: str
    turn: TurnKey | None = None
    expires: float | None = None


@dataclass(slots=True)
class Claims:
    """The drives of one store that wait for a turn, oldest first. Times are those of the event loop, in seconds."""

    _claims: list[_Claim] = field(default_factory=list)

    def add(self, drive_id: str, text_sha: str) -> None:
        """From now on the drive waits for its turn. A second call changes nothing."""
        if all(claim.drive_id != drive_id for claim in self._claims):
            self._claims.append(_Claim(drive_id, text_sha))

    def drop(self, drive_id: str) -> None:
        """The drive touched nothing, so no turn can be its own."""
        self._claims = [claim for claim in self._claims if claim.drive_id != drive_id]

    def expire(self, drive_id: str, at: float) -> None:
        """The drive is not watched any more, but until `at` its turn may still appear, and is owed to it."""
        for claim in self._claims:
            if claim.drive_id == drive_id:
                claim.expires = at

    def owner(self, turn: TurnKey, text_sha: str, now: float) -> str | None:
        """The drive whose turn this is, the same at every call; None when no drive waits for such a text."""
        self._claims = [claim for claim in self._claims if claim.expires is None or claim.expires > now]
        for claim in self._claims:
            if claim.turn == turn:
                return claim.drive_id
        for claim in self._claims:
            if claim.turn is None and claim.text_sha == text_sha:
                claim.turn = turn
                return claim.drive_id
        return None
