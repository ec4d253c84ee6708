"""Removes a socket without a listener, holding the daemon's own lock so that no daemon starts meanwhile."""

import os
import stat
from pathlib import Path

from bridge import paths
from bridge.listener import listens
from bridge.lock import Lock
from bridge.protocol.errors import BridgeError, Reason
from bridge.recovery.action import ActionResult, ActionTarget, Aim, Plan
from bridge.recovery.machine import CommandMachine
from bridge.version import VERSION

ID = "clear_socket"


def plan(hands: CommandMachine, aim: Aim) -> Plan:
    path = Path(paths.socket_name())
    found = _found(path)
    if found is None:
        return Plan(needless=f"there is no {path}")
    if listens(path):
        return Plan(needless=f"somebody listens on {path}")
    target: ActionTarget = {"path": str(path), "inode": found.st_ino, "device": found.st_dev}
    return Plan((f"remove {path}, on which nobody listens",), target, risky=False)


def run(hands: CommandMachine, plan: Plan) -> ActionResult:
    path = Path(str(plan.target["path"]))
    lock = Lock.take(f"{path}.lock", socket=str(path), version=VERSION)
    try:
        found = _found(path)
        if found is None or (found.st_ino, found.st_dev) != (plan.target["inode"], plan.target["device"]):
            return ActionResult("not_needed", (f"{path} is another one by now",))
        if listens(path):
            return ActionResult("not_needed", (f"somebody listens on {path} by now",))
        path.unlink()
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise BridgeError(Reason.STATE_UNWRITABLE, f"cannot be removed: {why}", where=str(path)) from error
    finally:
        lock.release()
    return ActionResult("done", (f"removed {path}",))


def _found(path: Path) -> os.stat_result | None:
    """The status of the socket, None without one. BridgeError SOCKET_UNSAFE for anything but a socket of this user."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    what = None
    if not stat.S_ISSOCK(found.st_mode):
        what = "is no socket"
    elif found.st_uid != os.geteuid():
        what = f"belongs to user {found.st_uid}"
    if what is not None:
        hint = "look who made it, then remove it by hand"
        raise BridgeError(Reason.SOCKET_UNSAFE, f"what is there {what}", where=str(path), hint=hint)
    return found
