"""What WHAT of `koru recover` means: a recovery, a blocker, or a drive whose outcome is unknown."""

from bridge.cli.operator.recover.known import known_recoveries
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from registry.model import Recovery


def meant(arguments: "Namespace") -> "Recovery | list[Recovery]":
    """The recovery; for a blocker, its first that can be run; for a drive, every way to settle it, and `drive` is set.

    BridgeError UNKNOWN_RECOVERY.
    """
    what, registry = arguments.what, known_recoveries()
    if what in registry.recoveries:
        return registry.recoveries[what]
    if what in registry.blockers:
        ways = [registry.recoveries[word] for word in registry.blockers[what].recoveries]
        return next((way for way in ways if way.action is not None), ways[0])
    if _is_drive(what):
        arguments.drive = what
        return [each for each in registry.recoveries.values() if "drives-unknown" in each.checks]
    from difflib import get_close_matches

    near = get_close_matches(what, [*registry.recoveries, *registry.blockers], n=1)
    hint = f"did you mean: koru recover {near[0]}" if near else "koru recover list"
    raise BridgeError(Reason.UNKNOWN_RECOVERY, f"no recovery, blocker or drive is called {what}", hint=hint)


def _is_drive(what: str) -> bool:
    try:
        with Client.connect() as client:
            client.request("drive/get", {"drive_id": what})
    except BridgeError as error:
        if error.reason in (Reason.UNKNOWN_DRIVE, Reason.INVALID_PARAMS, Reason.DAEMON_NOT_RUNNING):
            return False
        raise
    return True
