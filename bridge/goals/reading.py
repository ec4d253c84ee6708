"""What can be read in an agent's words by rules alone: does it ask something, is it rate limited, and for how long?"""

import re

QUESTION_CHARS = 1000
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_MARKS = " \t*_`>#\"')]}"
_LIMITED = re.compile(r"rate.?limit|too many requests|quota|\b429\b|usage limit", re.IGNORECASE)
_SPAN = re.compile(r"(?:in|after|for)\s+(?:about\s+)?(\d+(?:\.\d+)?)\s*(ms|s|sec|m|min|h|d)[a-z]*\b", re.IGNORECASE)
_MS = {"ms": 1, "s": 1000, "sec": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
RESET_MOST_MS = 7 * 86_400_000


def question(reply: str | None) -> str | None:
    """The question that a reply ends with, or None. Code is not read, and a question in the middle was rhetoric."""
    if not reply:
        return None
    lines = [line.strip() for line in _FENCE.sub("", reply).split("\n") if line.strip()]
    if not lines or not lines[-1].rstrip(_MARKS).endswith(("?", "\N{FULLWIDTH QUESTION MARK}")):
        return None
    return lines[-1][-QUESTION_CHARS:]


def rate_limit(details: str) -> tuple[bool, int | None]:
    """Does this say that the agent is rate limited, and for how many milliseconds more (None: not said)?"""
    if not _LIMITED.search(details):
        return False, None
    found = _SPAN.search(details)
    return True, min(int(float(found[1]) * _MS[found[2].lower()]), RESET_MOST_MS) if found else None
