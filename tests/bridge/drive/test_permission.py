"""What policy does to a choice: it takes candidates away or makes them wait, and the reasons are kept."""

import pytest

from bridge.drive.permission import ALLOWED, Permission
from bridge.drive.selector import Surface, choose
from registry.load import load
from registry.model import Interface

INTERFACES = load().interfaces
BEST, NEXT = "vscode_native_send", "plugin_socket_vscode_family"
SURFACE = Surface("code:w1/chat", "code", "w1", "copilot", "Chat", ("/home/ann/shop",), (BEST, NEXT))
DENY = Permission("deny", "not here", "policy_denied")
ASK = Permission("ask", "by a rule")


@pytest.mark.parametrize(
    ("best", "next_", "candidates", "blocker"),
    [
        (ALLOWED, ALLOWED, [(BEST, None), (NEXT, None)], None),
        (DENY, ALLOWED, [(NEXT, None)], None),
        (ASK, ALLOWED, [(BEST, "by a rule"), (NEXT, None)], None),
        (DENY, DENY, [], "policy_denied"),
        (Permission("deny", "too low", "trust_too_low"), DENY, [], "trust_too_low"),
    ],
)
def test_policy_filters_and_marks(
    best: Permission, next_: Permission, candidates: list[tuple[str, str | None]], blocker: str | None
) -> None:
    asked: list[str] = []

    def permit(interface: Interface) -> Permission:
        asked.append(interface.id)
        return {BEST: best, NEXT: next_}[interface.id]

    choice = choose(SURFACE, None, False, INTERFACES, permit)
    assert sorted(asked) == sorted([BEST, NEXT]), "what cannot act anyway needs no permission"
    assert [(c.interface, c.ask) for c in choice.candidates] == candidates
    assert (choice.denied.blocker if choice.denied else None) == blocker
    reasons = {row.interface: row.refusal for row in choice.considered}
    for interface, permission in ((BEST, best), (NEXT, next_)):
        assert reasons[interface] == (permission.reason if permission.decision == "deny" else None)


def test_where_nothing_could_act_policy_is_not_to_blame() -> None:
    elsewhere = Surface("code:w1/chat", "code", "w1", "copilot", "Chat", (), ())
    assert choose(elsewhere, None, False, INTERFACES, lambda interface: DENY).denied is None
