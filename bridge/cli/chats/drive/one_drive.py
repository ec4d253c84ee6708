"""What `koru drive show` and `koru drive cancel` share: one request about one drive, and the drive printed."""

from bridge.cli import exits
from bridge.cli.chats.drive.outcome import print_drive
from bridge.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

REQUEST_S = 15.0


def request(method: str, arguments: "Namespace", *, with_reply: bool) -> int:
    """Make one request about the drive that the second word names."""
    with Client.connect() as client:
        drive = client.request(method, {"drive_id": arguments.words[1]}, timeout=REQUEST_S)
    print_drive(drive, arguments, with_reply=with_reply)
    return exits.DONE
