"""A goal as people see it: a page that stays in place on a terminal, else a line for each change.

Texts of goals, agents and checks are cleaned of control characters before they are printed.
"""

import os
import sys

from bridge.cli.columns import cut
from bridge.cli.output import clean, paint, span
from bridge.clock import now_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

    View = dict[str, Any]

STATE_COLOUR = {"accepted": "green", "stopped": "red", "asking": "yellow", "waiting": "yellow", "paused": "yellow"}
MARKS = {"pass": ("ok", "green"), "fail": ("fails", "red"), "unknown": ("unknown", "yellow")}
BAR_CHARS = 20
TEXT_CHARS = 76


def page(view: "View", now_ms: int) -> list[str]:
    """What is known of a goal, a line each."""
    lines = [f"goal {view['goal_id']}  {_short(view['text'])}", f"  {paint(_state(view), _colour(view))}{_doing(view)}"]
    if view.get("question"):
        asked = view["question"]
        lines.append(f"  asks ({asked['kind']}): {_short(asked['text'], 500)}")
    if view.get("wakes_at_ms"):
        lines.append(f"  goes on in {span(view['wakes_at_ms'] - now_ms)}")
    lines += [_check(check) for check in view["checks"]]
    lines += _bars(view)
    if view.get("reason") and view["state"] in ("accepted", "stopped"):
        lines.append(f"  because: {_short(view['reason'], 500)}")
    return lines


def line(view: "View") -> str:
    """One change in one line, for an output that is no terminal."""
    checks = ", ".join(f"{check['name']}: {MARKS[check['state']][0]}{_count(check)}" for check in view["checks"])
    return clean(f"{_state(view)}{_doing(view)}{f'  [{checks}]' if checks else ''}").strip()


def _state(view: "View") -> str:
    turn = f"turn {view['turn']}, " if view["turn"] else ""
    cause = f" ({view['cause']})" if view.get("cause") else ""
    return f"{turn}{view['state']}{cause}"


def _doing(view: "View") -> str:
    doing = view["activity"] if view["state"] not in ("accepted", "stopped") else ""
    pausing = ", will pause" if view.get("pausing") else ""
    return f": {_short(doing)}{pausing}" if doing else pausing


def _colour(view: "View") -> str:
    return STATE_COLOUR.get(view["state"], "bold")


def _check(check: "View") -> str:
    word, colour = MARKS[check["state"]]
    why = f"  {_short(check['why'])}" if check.get("why") else ""
    moved = "" if check.get("stable", True) else "  (files changed meanwhile)"
    return f"  {paint(f'{word:<8}', colour)}{_short(check['name'])}{_count(check)}{why}{moved}"


def _count(check: "View") -> str:
    return f" ({check['failing']} failing)" if check.get("failing") else ""


def _bars(view: "View") -> list[str]:
    spent, budget = view["spent"], view["budget"]
    rows = [
        ("turns", spent["turns"], budget["turns"], f"{spent['turns']} of {budget['turns']}"),
        ("time", spent["ms"], budget["ms"], f"{span(spent['ms'])} of {span(budget['ms'])}"),
    ]
    if budget.get("tokens") is not None:
        rows.append(("tokens", spent["tokens"], budget["tokens"], f"{spent['tokens']} of {budget['tokens']}"))
    if budget.get("microdollars") is not None:
        told = f"{spent['microdollars'] / 1e6:.4f} of {budget['microdollars'] / 1e6:g} US dollars"
        rows.append(("money", spent["microdollars"], budget["microdollars"], told))
    return [f"  {name:<7} {bar(part, whole)} {told}" for name, part, whole, told in rows]


def bar(part: int, whole: int) -> str:
    """`[####................]`; full where the budget is nothing."""
    filled = BAR_CHARS if part >= whole else int(BAR_CHARS * part / whole)
    return f"[{'#' * filled}{'.' * (BAR_CHARS - filled)}]"


def _short(text: str, most: int = TEXT_CHARS) -> str:
    one = clean(" ".join(text.split()))
    return one if len(one) <= most else f"{one[: most - 2]} …"


class Live:
    """A goal drawn in place, again and again; where the stream (stderr) cannot move its cursor, a line each change."""

    def __init__(self, stream: "TextIO | None" = None) -> None:
        self._stream = stream or sys.stderr
        self._moves = self._stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._drawn = 0
        self._last = ""

    def show(self, view: "View") -> None:
        if not self._moves:
            new = line(view)
            if new != self._last:
                print(new, file=self._stream, flush=True)
            self._last = new
            return
        width = max(_width(self._stream) - 1, 20)
        lines = [cut(text, width) for text in page(view, now_ms())]
        up = f"\x1b[{self._drawn}F" if self._drawn else ""
        self._stream.write(up + "".join(f"\x1b[2K{text}\n" for text in lines) + "\x1b[J")
        self._stream.flush()
        self._drawn = len(lines)

    def leave(self) -> None:
        """Leave the picture where it is: whatever is printed next stands below it."""
        self._drawn = 0


def _width(stream: "TextIO") -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80
