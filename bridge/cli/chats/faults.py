"""What could not be read of chats, in words: as the refusal of a command, or on stderr beside what was printed."""

import sys

from bridge.cli import exits
from bridge.cli.output import clean
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from bridge.chats.fault import Fault


def unreadable(error: Exception) -> BridgeError:
    """The refusal for an ObserverError."""
    from bridge.chats.fault import fault_of

    return refusal(fault_of("", error))


def refusal(fault: "Fault") -> BridgeError:
    """The refusal of a command that cannot go on without what could not be read."""
    retry = fault.reason == "changing"
    message = f"{fault.message} [{fault.reason}]"
    return BridgeError(Reason.STORE_UNREADABLE, message, hint=fault.hint, where=fault.where or None, retry=retry)


def complain(faults: "Collection[Fault]") -> int:
    """Name on stderr what could not be read; the exit status of a command that printed the rest."""
    for fault in faults:
        print(f"koru: {clean(str(fault))}", file=sys.stderr)
    return exits.PARTLY if faults else exits.DONE
