"""A peer of the daemon: one that can be told why it has to go."""

from bridge.protocol.errors import BridgeError
from bridge.protocol.jsonrpc import envelope
from bridge.protocol.jsonrpc.peer import Peer


class Guest(Peer):
    def dismiss(self, why: BridgeError) -> None:
        """Tell it in an error that answers no request (id null), then close. Does nothing to one that is gone."""
        if self.gone is None:
            self._send(envelope.error_line(None, why))
            self.close()
