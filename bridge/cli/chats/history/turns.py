"""The turns of chats as `koru history` prints them: JSON objects for programs, a few lines for people."""

from bridge.cli.chats.chat_words import STYLES
from bridge.cli.output import clean, paint, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from observers.base import Turn


def turn_rows(turns: "Sequence[Turn]") -> "Iterator[dict[str, object]]":
    """The turns as JSON objects, each with the place it was read from and the reason for its state."""
    from observers.history import rows

    for turn, row in zip(turns, rows(turns), strict=True):
        yield {**row, "reason": turn.reason, "evidence": turn.evidence}


def print_turn(row: "dict[str, object]") -> None:
    state, text = str(row["state"]), str(row["text"])
    reason = f"  {clean(str(row['reason']))}" if row["reason"] else ""
    body = "\n".join(f"  {clean(line.expandtabs(4))}" for line in text.split("\n")) if text else "  (no text)"
    head = f"{row['time'] or 'no time'}  {paint(str(row['role']), 'bold')}  {paint(state, STYLES.get(state, 'dim'))}"
    say(f"{head}  {clean(str(row['session']))}{reason}\n{body}")
