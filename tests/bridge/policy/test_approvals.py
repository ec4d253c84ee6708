"""An approval is for one exact action, is used once, and expires."""

from typing import Any

import pytest

from bridge.policy.approvals import ASKED, DECIDED, KEPT_MOST, Approvals, action_sha
from bridge.protocol.errors import BridgeError, Reason

SHA = action_sha(drive_id="d1", text_sha="a")
OTHER = action_sha(drive_id="d1", text_sha="b")


def asked(approval_id: str = "a1", sha: str = SHA) -> dict[str, Any]:
    return {
        "approval_id": approval_id,
        "action_sha": sha,
        "action": "send",
        "interface": "vscode_native_send",
        "surface": "code:w1/chat",
        "ide": "code",
        "folders": ["/home/ann/shop"],
        "text_chars": 5,
        "reason": "by a rule",
        "expires_at_ms": 1000,
    }


@pytest.fixture
def approvals() -> Approvals:
    made = Approvals()
    made.apply(ASKED, 0, asked(), "d1")
    return made


def decide(approvals: Approvals, approved: bool) -> None:
    approvals.apply(DECIDED, 1, {"approval_id": "a1", "approved": approved}, "d1")


def refused(approvals: Approvals, approval_id: str = "a1", sha: str = SHA, now: int = 1) -> str:
    with pytest.raises(BridgeError) as caught:
        approvals.check(approval_id, sha, now)
    return caught.value.reason


def test_it_waits_for_a_decision(approvals: Approvals) -> None:
    assert [a.approval_id for a in approvals.list(everything=False)] == ["a1"]
    assert approvals.check("a1", SHA, 1000).state == "pending"
    assert approvals.usable("d1", SHA, 1) is None


def test_it_lets_exactly_that_action_pass(approvals: Approvals) -> None:
    decide(approvals, approved=True)
    found = approvals.usable("d1", SHA, 1)
    assert found is not None
    assert found.approval_id == "a1"
    assert approvals.usable("d1", OTHER, 1) is None
    assert approvals.usable("d2", SHA, 1) is None
    assert approvals.usable("d1", SHA, 1001) is None


def test_a_denial_lets_nothing_pass(approvals: Approvals) -> None:
    decide(approvals, approved=False)
    assert approvals.usable("d1", SHA, 1) is None


def test_it_is_used_once(approvals: Approvals) -> None:
    decide(approvals, approved=True)
    approvals.apply("acting", 2, {"interface": "vscode_native_send", "approval_id": "a1"}, "d1")
    assert approvals.usable("d1", SHA, 3) is None
    assert refused(approvals) == Reason.APPROVAL_VOID


@pytest.mark.parametrize(("sha", "now"), [(OTHER, 1), (SHA, 1001)])
def test_another_action_and_a_late_decision_are_refused(approvals: Approvals, sha: str, now: int) -> None:
    assert refused(approvals, sha=sha, now=now) == Reason.APPROVAL_VOID


def test_a_decision_is_not_repeated(approvals: Approvals) -> None:
    decide(approvals, approved=False)
    assert refused(approvals) == Reason.APPROVAL_VOID


def test_an_unknown_one_is_refused(approvals: Approvals) -> None:
    assert refused(approvals, "a2") == Reason.UNKNOWN_APPROVAL


def test_a_changed_action_voids_what_was_approved_before(approvals: Approvals) -> None:
    decide(approvals, approved=True)
    approvals.apply(ASKED, 2, asked("a2", OTHER), "d1")
    assert approvals.find("a1").state == "void"
    assert approvals.usable("d1", SHA, 3) is None
    assert approvals.usable("d1", OTHER, 3) is None


def test_the_end_of_its_drive_voids_it(approvals: Approvals) -> None:
    decide(approvals, approved=True)
    approvals.apply("settled", 2, {"outcome": "refused"}, "d1")
    assert approvals.find("a1").state == "void"
    assert approvals.list(everything=False) == []


def test_only_so_many_old_ones_are_kept(approvals: Approvals) -> None:
    for number in range(KEPT_MOST + 50):
        approvals.apply(ASKED, number, asked(f"n{number}"), f"d-{number}")
        approvals.apply("settled", number, {"outcome": "refused"}, f"d-{number}")
    assert len(approvals.list(everything=True)) <= KEPT_MOST + 1
    assert approvals.find("a1").state == "pending"


def test_every_part_of_an_action_counts() -> None:
    parts = {"drive_id": "d", "interface": "i", "surface": "s", "text_sha": "t", "folders": ("/a",)}
    shas = {action_sha(**parts)} | {action_sha(**{**parts, name: "other"}) for name in parts}
    assert len(shas) == len(parts) + 1
