"""`koru drive cancel`: end one drive; what it already put into a chat is told with it."""

from bridge.cli.chats.drive import one_drive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: "Namespace") -> int:
    return one_drive.request("drive/cancel", arguments, with_reply=arguments.wait)
