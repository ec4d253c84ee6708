"""The one exception of the bridge and its stable reason codes. Standard library only: the CLI start depends on it."""

from enum import StrEnum


class Reason(StrEnum):
    """Stable words for scripts; the text beside them is for people and may change."""

    # The wire
    PARSE_ERROR = "parse_error"
    INVALID_REQUEST = "invalid_request"
    UNKNOWN_METHOD = "unknown_method"
    INVALID_PARAMS = "invalid_params"
    INVALID_RESULT = "invalid_result"
    LINE_TOO_LONG = "line_too_long"
    NOT_INITIALIZED = "not_initialized"
    PROTOCOL_MISMATCH = "protocol_mismatch"
    NOT_PERMITTED = "not_permitted"
    PEER_GONE = "peer_gone"
    OVERLOADED = "overloaded"
    SUPERSEDED = "superseded"
    TIMEOUT = "timeout"
    INTERNAL = "internal"

    # What was asked
    USAGE = "usage"
    PROMPT_EMPTY = "prompt_empty"
    PROMPT_TOO_LARGE = "prompt_too_large"
    PROMPT_CONTROL_CHARACTER = "prompt_control_character"
    ID_CONFLICT = "id_conflict"
    UNKNOWN_DRIVE = "unknown_drive"
    UNKNOWN_SURFACE = "unknown_surface"
    AMBIGUOUS_SURFACE = "ambiguous_surface"
    UNKNOWN_IDE = "unknown_ide"
    UNKNOWN_STORE = "unknown_store"
    UNKNOWN_INTERFACE = "unknown_interface"
    STORE_UNREADABLE = "store_unreadable"
    UNKNOWN_APPROVAL = "unknown_approval"
    UNKNOWN_GOAL = "unknown_goal"
    QUESTION_GONE = "question_gone"
    APPROVAL_VOID = "approval_void"
    POLICY_INVALID = "policy_invalid"
    UNKNOWN_RECOVERY = "unknown_recovery"
    RECOVERY_UNFIT = "recovery_unfit"

    # Where we run
    DAEMON_NOT_RUNNING = "daemon_not_running"
    DAEMON_RUNNING = "daemon_running"
    DAEMON_NOT_STARTED = "daemon_not_started"
    SOCKET_UNSAFE = "socket_unsafe"
    PEER_REFUSED = "peer_refused"
    STATE_UNWRITABLE = "state_unwritable"
    LEDGER_UNWRITABLE = "ledger_unwritable"
    LEDGER_UNREADABLE = "ledger_unreadable"
    LEDGER_TAMPERED = "ledger_tampered"
    TOOL_MISSING = "tool_missing"
    TOOL_FAILED = "tool_failed"
    REGISTRY_INVALID = "registry_invalid"


class BridgeError(Exception):
    """What is wrong (`message`), where (`where`: file, line or field) and the next step (`hint`).

    `retry` says that the same request may succeed later without a change by the caller.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        hint: str | None = None,
        where: str | None = None,
        retry: bool = False,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.hint = hint
        self.where = where
        self.retry = retry

    def __str__(self) -> str:
        text = f"{self.message} ({self.where})" if self.where else self.message
        return f"{text}\n  next: {self.hint}" if self.hint else text
