"""What a drive's rows hold. `DriveRecord.apply` is the way back; what is unknown is left out of a body."""

from collections.abc import Sequence
from typing import assert_never

from bridge.drive.match import text_sha
from bridge.drive.record import fact_body
from bridge.drive.selector import Choice, Surface
from bridge.drive.steps import (
    Anchor,
    Candidate,
    RecordDeclined,
    RecordDoubt,
    Recorded,
    RecordFact,
    RecordSettled,
    RecordTurn,
)
from bridge.protocol.messages.drive import DriveStartParams

RowBody = dict[str, object]


def accepted_body(
    params: DriveStartParams, body_sha: str, surface: Surface, choice: Choice, secrets: Sequence[str], warning: str
) -> RowBody:
    """Of the row with which a drive begins. `warning` is left out where it is empty."""
    body: RowBody = {
        "params": params.model_dump(exclude_none=True),
        "text_sha": text_sha(params.text),
        "text_chars": len(params.text),
        "body_sha": body_sha,
        "surface": surface.key,
        "considered": [
            {"interface": c.interface, "surface": c.surface, "best_grade": c.best_grade, "refusal": c.refusal}
            for c in choice.considered
        ],
    }
    if secrets:
        body["secrets"] = list(secrets)
    if warning:
        body["warning"] = warning
    return body


def acting_body(candidate: Candidate, anchor: Anchor, session: str | None, approval_id: str | None) -> RowBody:
    """Of the row that is on disk before anything is touched."""
    body: RowBody = {
        "interface": candidate.interface,
        "surface": candidate.surface,
        "best_grade": candidate.best_grade,
        "session": session,
        "observer": anchor.observer,
        "cursor": anchor.cursor,
        "anchor_reason": anchor.reason,
    }
    if approval_id is not None:
        body["approval_id"] = approval_id
    return body


def row_of(command: Recorded) -> tuple[str, RowBody]:
    """The kind and the body of the row that a machine asks for."""
    match command:
        case RecordDeclined(candidate, blocker, message):
            return "declined", {"interface": candidate.interface, "blocker": blocker, "message": message}
        case RecordFact(fact, counted):
            return "fact", fact_body(fact, counted=counted)
        case RecordSettled(verdict):
            blocked = {} if verdict.blocker is None else {"blocker": verdict.blocker}
            return "settled", {"outcome": verdict.outcome, "reason": verdict.reason, **blocked}
        case RecordTurn(state, reason, reply):
            return "turn", {"state": state, "reason": reason, **({} if reply is None else {"reply": reply})}
        case RecordDoubt(reason):
            return "doubt", {"reason": reason}
        case _:
            assert_never(command)
