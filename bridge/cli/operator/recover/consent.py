"""The yes of a person to a plan: `--yes`, or an answer typed on a terminal."""

import sys

from bridge.cli.output import clean, on_terminal, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    Answer = dict[str, Any]  # the result of `recovery/run`, also where this command ran the recovery itself


def agreed(steps: "list[str]", arguments: "Namespace") -> bool:
    """Whether the person agrees to these steps; no where no answer can be typed."""
    if arguments.yes:
        return True
    if arguments.json or not (on_terminal() and sys.stdin.isatty()):
        return False
    say("\n".join(clean(step) for step in steps))
    try:
        return input("do it? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
