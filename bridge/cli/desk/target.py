"""How a window is named on the command line: `app=…,title=…,pid=…,window=…`, or the name of a surface."""

from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAMES = ("app", "title", "pid", "window")
HELP = "app=CLASS,title=PART,pid=N,window=ID (any of them), or a surface's key, a window's or IDE's id"


def parse(words: str) -> "dict[str, Any]":
    """The target for the wire. BridgeError USAGE."""
    if "=" not in words or words.partition("=")[0] not in NAMES:
        if not words:
            raise BridgeError(Reason.USAGE, "the target is empty", hint=f"--target {HELP}")
        return {"surface": words}
    target: dict[str, Any] = {}
    for part in words.split(","):
        name, _, value = part.partition("=")
        if name not in NAMES or not value or name in target:
            raise BridgeError(Reason.USAGE, f"{part!r} names no window", where="--target", hint=f"--target {HELP}")
        target[name] = value if name in ("app", "title") else _number(name, value)
    return target


def _number(name: str, value: str) -> int:
    try:
        number = int(value, 0)
    except ValueError:
        number = 0
    if number < 1:
        raise BridgeError(Reason.USAGE, f"{name} is a number from 1 on, not {value!r}", where="--target")
    return number
