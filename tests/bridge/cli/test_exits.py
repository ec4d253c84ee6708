"""What the exit statuses are, written out: scripts depend on each of these numbers."""

import pytest

from bridge.cli import exits
from bridge.protocol.errors import BridgeError, Reason

STATUSES = {
    "DONE": 0,
    "REFUSED": 1,
    "PARTLY": 1,
    "USAGE": 2,
    "UNREADABLE": 2,
    "BUG": 3,
    "LIKELY": 4,
    "UNKNOWN": 5,
    "NOT_SUBMITTED": 6,
    "ASKS": 7,
    "FAILED": 8,
    "SPENT": 9,
    "OUTPUT_LOST": 74,
    "INTERRUPTED": 130,
    "BROKEN_PIPE": 141,
}

OF_ERRORS = {
    "parse_error": 1,
    "invalid_request": 1,
    "unknown_method": 1,
    "invalid_params": 2,
    "invalid_result": 1,
    "line_too_long": 1,
    "not_initialized": 1,
    "protocol_mismatch": 1,
    "not_permitted": 1,
    "peer_gone": 1,
    "overloaded": 1,
    "superseded": 1,
    "timeout": 1,
    "internal": 3,
    "usage": 2,
    "prompt_empty": 2,
    "prompt_too_large": 2,
    "prompt_control_character": 2,
    "id_conflict": 2,
    "unknown_drive": 2,
    "unknown_surface": 1,
    "ambiguous_surface": 2,
    "unknown_ide": 2,
    "unknown_store": 2,
    "unknown_interface": 2,
    "store_unreadable": 1,
    "unknown_approval": 2,
    "unknown_goal": 2,
    "question_gone": 1,
    "approval_void": 1,
    "policy_invalid": 1,
    "unknown_recovery": 2,
    "recovery_unfit": 1,
    "daemon_not_running": 1,
    "daemon_running": 1,
    "daemon_not_started": 1,
    "socket_unsafe": 1,
    "peer_refused": 1,
    "state_unwritable": 1,
    "ledger_unwritable": 1,
    "ledger_unreadable": 1,
    "ledger_tampered": 1,
    "tool_missing": 1,
    "tool_failed": 1,
    "registry_invalid": 1,
}


def test_every_status_is_the_number_that_scripts_know() -> None:
    assert {name: value for name, value in vars(exits).items() if name.isupper() and name[0] != "_"} == STATUSES


def test_every_reason_is_in_the_table() -> None:
    assert set(OF_ERRORS) == {reason.value for reason in Reason}


@pytest.mark.parametrize(("word", "status"), OF_ERRORS.items())
def test_the_reason_alone_decides(word: str, status: int) -> None:
    for retry in (True, False):
        assert exits.of_error(BridgeError(Reason(word), "what", where="here", hint="do that", retry=retry)) == status
