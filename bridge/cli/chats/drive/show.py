"""`koru drive show`: what is known of one drive, with its facts and the reply to it."""

from bridge.cli.chats.drive import one_drive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: "Namespace") -> int:
    return one_drive.request("drive/get", arguments, with_reply=True)
