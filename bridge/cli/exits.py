"""The exit statuses of `koru`: the only place in which they are numbers, and the rule for an error.

Scripts depend on them. Each verb maps its own words (outcomes, causes, verdicts) to these names.
"""

from bridge.protocol.errors import BridgeError, Reason

DONE = 0
# Nothing was touched; or the command did its work, and what it looked at is not in order.
REFUSED = 1
# What could be done was done, and what could not was named on stderr.
PARTLY = 1
USAGE = 2
# The ledger cannot be read, so that nothing can be said of it.
UNREADABLE = 2
BUG = 3
# Done, and not proven.
LIKELY = 4
# Something was touched, and what became of it cannot be proven.
UNKNOWN = 5
# Something was touched, and it is proven that nothing was submitted.
NOT_SUBMITTED = 6
# A chat or a goal asks something.
ASKS = 7
# The turn, or the goal, failed.
FAILED = 8
# The deadline or the budget ended first.
SPENT = 9
# EX_IOERR of sysexits.h: what was printed did not reach its file.
OUTPUT_LOST = 74
# As a shell counts signals: 128 + SIGINT, 128 + SIGPIPE.
INTERRUPTED = 130
BROKEN_PIPE = 141

# What the person who typed the command can put right by typing another.
_USAGE_REASONS = frozenset(
    {
        Reason.USAGE,
        Reason.INVALID_PARAMS,
        Reason.PROMPT_EMPTY,
        Reason.PROMPT_TOO_LARGE,
        Reason.PROMPT_CONTROL_CHARACTER,
        Reason.ID_CONFLICT,
        Reason.UNKNOWN_DRIVE,
        Reason.AMBIGUOUS_SURFACE,
        Reason.UNKNOWN_IDE,
        Reason.UNKNOWN_STORE,
        Reason.UNKNOWN_INTERFACE,
        Reason.UNKNOWN_APPROVAL,
        Reason.UNKNOWN_GOAL,
        Reason.UNKNOWN_RECOVERY,
    }
)


def of_error(error: BridgeError) -> int:
    """The exit status of a command that ended with this error."""
    if error.reason is Reason.INTERNAL:
        return BUG
    return USAGE if error.reason in _USAGE_REASONS else REFUSED
