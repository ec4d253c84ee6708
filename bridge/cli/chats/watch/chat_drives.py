"""Which drive went to which chat, as the daemon tells it to `koru watch`."""

import time

from bridge.client import Client
from bridge.protocol.errors import BridgeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bridge.chats.chat import Chat

PAUSE_S = 2.0
ANSWER_S = 0.5
DRIVES_MOST = 200


class ChatDrives:
    """The daemon's drives by the chat they went to; none while no daemon answers."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}
        self._next = 0.0

    def of(self, chat: "Chat") -> str | None:
        """The newest drive of ours in this chat, as of at most PAUSE_S ago, or of ten times the time an answer took."""
        if time.monotonic() >= self._next:
            self._ask()
        return self._found.get(chat.session)

    def _ask(self) -> None:
        begun = time.monotonic()
        try:
            with Client.connect(name="koru watch", timeout=ANSWER_S) as client:
                drives = client.request("drive/list", {"limit": DRIVES_MOST}, timeout=ANSWER_S)["drives"]
        except BridgeError:
            drives = []
        # Newest first on the wire: the first drive of a chat stays.
        self._found = {}
        for drive in drives:
            if drive.get("chat_id"):
                self._found.setdefault(drive["chat_id"], drive["drive_id"])
        # A daemon that answers slowly is asked less often.
        self._next = time.monotonic() + max(PAUSE_S, 10 * (time.monotonic() - begun))
