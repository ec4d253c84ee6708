"""One accepted connection: who is at its other end, and what that role may ask."""

from collections.abc import Callable

import anyio

from bridge.daemon.socket.guest import Guest
from bridge.daemon.socket.sessions import PluginSession
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.base import Role
from bridge.protocol.methods import METHODS

SUBSCRIPTIONS_MAX = 16


class Connection:
    """`peer` is set right after this is made; `role` and `session` once `initialize` succeeded."""

    peer: Guest

    def __init__(self) -> None:
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
        """Called before the first wait of `initialize`: a second one may be in flight."""
        self.allow("initialize")
        self._initializing = True

    def give_up(self) -> None:
        """`initialize` was refused and may be tried again."""
        self._initializing = False

    def become(self, role: Role, session: PluginSession | None) -> None:
        self.role = role
        self.session = session
        self.initialized.set()

    def plugin(self) -> PluginSession:
        """The session of a plugin's connection; `allow` lets nobody else come here."""
        if self.session is None:
            raise BridgeError(Reason.NOT_PERMITTED, "only a plugin can tell this")
        return self.session

    def subscribed(self, unsubscribe: Callable[[], None]) -> None:
        self._unsubscribe.append(unsubscribe)

    def check_subscriptions(self) -> None:
        """BridgeError OVERLOADED when the connection has as many as it may."""
        if len(self._unsubscribe) >= SUBSCRIPTIONS_MAX:
            raise BridgeError(Reason.OVERLOADED, f"a connection has at most {SUBSCRIPTIONS_MAX} subscriptions")

    def closed(self) -> None:
        """Nothing is sent any more: let go of what was subscribed to."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
