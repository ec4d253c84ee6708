"""One accepted connection: its peer, the role it took, what that role may ask, and what ends with it."""

import logging
from collections.abc import Callable, Mapping
from functools import partial

import anyio
from anyio.abc import ByteStream

from bridge.daemon.socket.plugin_session import PluginSession
from bridge.protocol.answers import Answerer
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc.peer import Peer
from bridge.protocol.messages.base import Role
from bridge.protocol.messages.chat import ChatEvent
from bridge.protocol.methods import METHODS

SUBSCRIPTIONS_MAX = 16

_LOG = logging.getLogger(__name__)


class Connection:
    """`role` and `session` are None until `initialize` succeeded; `session` stays None for all but plugins."""

    def __init__(self, stream: ByteStream, answerers: Mapping[str, Answerer]) -> None:
        handlers = {name: partial(answerer.give, self) for name, answerer in answerers.items()}
        self.peer = Peer(stream, handlers, name="a new connection", allow=self.allow)
        self.role: Role | None = None
        self.session: PluginSession | None = None
        self.initialized = anyio.Event()
        self._initializing = False
        self._unsubscribe: list[Callable[[], None]] = []

    def allow(self, method: str) -> None:
        """BridgeError NOT_INITIALIZED, INVALID_REQUEST (initialized twice) or NOT_PERMITTED."""
        if method == "initialize":
            if self._initializing or self.role is not None:
                raise BridgeError(Reason.INVALID_REQUEST, "initialize was already asked on this connection")
        elif self.role is None:
            hint = "ask initialize, and wait for its answer"
            raise BridgeError(Reason.NOT_INITIALIZED, "the first request is initialize", hint=hint)
        elif self.role not in METHODS[method].asked_by:
            raise BridgeError(Reason.NOT_PERMITTED, f"a peer of the role {self.role} may not ask {method}")

    def begin(self) -> None:
        """Called before the first wait of `initialize`, because a second one may be in flight by then."""
        self.allow("initialize")
        self._initializing = True

    def give_up(self) -> None:
        """`initialize` was refused and may be tried again."""
        self._initializing = False

    def become(self, role: Role, session: PluginSession | None) -> None:
        """`initialize` succeeded."""
        self.role = role
        self.session = session
        self.initialized.set()

    def plugin(self) -> PluginSession:
        """The session of a plugin's connection. BridgeError NOT_PERMITTED on any other: `allow` refuses them first."""
        if self.session is None:
            raise BridgeError(Reason.NOT_PERMITTED, "only a plugin can tell this")
        return self.session

    def session_of(self, event: ChatEvent) -> PluginSession:
        """The session that tells of an event, which may be of an older epoch of its window (`PluginSession.is_late`).

        BridgeError INVALID_PARAMS for an epoch that the daemon has not given to this plugin: such an event is dropped.
        """
        session = self.plugin()
        if event.epoch > session.epoch:
            _LOG.warning("%s told of an event of epoch %d, which it was never given", session, event.epoch)
            raise BridgeError(Reason.INVALID_PARAMS, "this epoch was never given", where="epoch")
        return session

    def subscribed(self, unsubscribe: Callable[[], None]) -> None:
        """Keep what ends a subscription; `closed` calls it."""
        self._unsubscribe.append(unsubscribe)

    def check_subscriptions(self) -> None:
        """BridgeError OVERLOADED when the connection has SUBSCRIPTIONS_MAX subscriptions."""
        if len(self._unsubscribe) >= SUBSCRIPTIONS_MAX:
            raise BridgeError(Reason.OVERLOADED, f"a connection has at most {SUBSCRIPTIONS_MAX} subscriptions")

    def closed(self) -> None:
        """End every subscription. Called once nothing is sent any more."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
