"""The few AT-SPI calls that are needed, as plain functions over D-Bus. Every wait is bounded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jeepney import DBusAddress, DBusErrorResponse, Properties, new_method_call  # type: ignore[import-untyped]
from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]
from jeepney.wrappers import unwrap_msg  # type: ignore[import-untyped]

_accessible = "org.a11y.atspi.Accessible"
_registry = "org.a11y.atspi.Registry"
_root = "/org/a11y/atspi/accessible/root"
_call_seconds = 1.5
_match_all = 1
_canonical_order = 1
_state_words = 2


class NoAnswer(Exception):
    """The bus or the application did not answer, or not in time."""


@dataclass(frozen=True, slots=True)
class AccessibleNode:
    """An accessible object: bus name of its application, and object path."""

    owner: str
    path: str


class AtspiBus:
    """`session` is the address of the session bus, which knows the accessibility bus."""

    def __init__(self, session: str) -> None:
        try:
            with open_dbus_connection(bus=session) as bus:
                call = new_method_call(DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus"), "GetAddress")
                address = unwrap_msg(bus.send_and_get_reply(call, timeout=_call_seconds))[0]
            self._connection = open_dbus_connection(bus=address)
        except (OSError, ValueError, RuntimeError, KeyError, DBusErrorResponse) as error:
            raise NoAnswer(f"no accessibility bus: {error}") from error

    def applications(self, pid: int) -> list[AccessibleNode]:
        """The root objects of the applications with this process id."""
        return [node for node in self.children(AccessibleNode(_registry, _root)) if self._pid(node.owner) == pid]

    def children(self, node: AccessibleNode) -> list[AccessibleNode]:
        return [AccessibleNode(*child) for child in self._call(node, _accessible, "GetChildren")[0]]

    def states(self, node: AccessibleNode) -> frozenset[int]:
        words = self._call(node, _accessible, "GetState")[0]
        return frozenset(bit for bit in range(32 * len(words)) if words[bit // 32] >> (bit % 32) & 1)

    def role(self, node: AccessibleNode) -> str:
        return str(self._call(node, _accessible, "GetRoleName")[0])

    def name(self, node: AccessibleNode) -> str:
        call = Properties(DBusAddress(node.path, node.owner, _accessible)).get("Name")
        return str(self._send(call)[0][1])

    def text(self, node: AccessibleNode) -> str:
        return str(self._call(node, "org.a11y.atspi.Text", "GetText", "ii", (0, -1))[0])

    def matches(self, root: AccessibleNode, states: Sequence[int]) -> list[AccessibleNode] | None:
        """Descendants that have all `states`, or None when the application cannot search."""
        words = [0] * _state_words
        for state in states:
            words[state // 32] |= 1 << state % 32
        anything: list[int] = []
        rule: tuple[object, ...] = (
            words,
            _match_all,
            {},
            _match_all,
            anything,
            _match_all,
            anything,
            _match_all,
            False,
        )
        body = (rule, _canonical_order, 0, True)
        try:
            found = self._call(root, "org.a11y.atspi.Collection", "GetMatches", "(aiia{ss}iaiiasib)uib", body)
        except NoAnswer:
            return None
        return [AccessibleNode(*item) for item in found[0]]

    def close(self) -> None:
        self._connection.close()

    def _pid(self, owner: str) -> int | None:
        address = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        try:
            return int(self._send(new_method_call(address, "GetConnectionUnixProcessID", "s", (owner,)))[0])
        except NoAnswer:
            return None

    def _call(
        self, node: AccessibleNode, interface: str, method: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> Any:
        address = DBusAddress(node.path, node.owner, interface)
        return self._send(new_method_call(address, method, signature or None, body))

    def _send(self, call: Any) -> Any:
        try:
            return unwrap_msg(self._connection.send_and_get_reply(call, timeout=_call_seconds))
        except (OSError, DBusErrorResponse, ValueError) as error:
            raise NoAnswer(str(error)) from error
