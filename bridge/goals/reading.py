"""Reads an agent's words by rules alone: does a reply end with a question, is the agent rate limited, for how long?"""

import re
from datetime import datetime

QUESTION_CHARS = 1000
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_MARKS = " \t*_`>#\"')]}"
_LIMITED = re.compile(r"rate.?limit|too many requests|quota|\b429\b|usage limit", re.IGNORECASE)
_UNIT = r"(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])"
_PART = re.compile(rf"(\d+(?:\.\d+)?)\s*({_UNIT})", re.IGNORECASE)
_SPAN = re.compile(rf"\b(?:in|after|for)\s+(?:about\s+)?((?:\d+(?:\.\d+)?\s*{_UNIT}(?:,|\s|and\b)*)+)", re.IGNORECASE)
_RETRY_AFTER = re.compile(r"retry.after[\"']?\s*[:=]?\s*(\d+(?:\.\d+)?)(?![\d.]*\s*[a-z])", re.IGNORECASE)
# Only a moment with a zone is read: without one it may be hours off.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)? ?(?:Z|UTC|[+-]\d\d:?\d\d)")
_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
RESET_MOST_MS = 7 * 86_400_000


def question(reply: str | None) -> str | None:
    """The last line of a reply (its last 1000 characters) when it ends with a question mark, else None.

    Fenced code is left out. A question before the last line does not count: the agent went on without an answer.
    """
    if not reply:
        return None
    lines = [line.strip() for line in _FENCE.sub("", reply).split("\n") if line.strip()]
    if not lines or not lines[-1].rstrip(_MARKS).endswith(("?", "\N{FULLWIDTH QUESTION MARK}")):
        return None
    return lines[-1][-QUESTION_CHARS:]


def rate_limit(details: str, now_ms: int) -> tuple[bool, int | None]:
    """Whether this says that the agent is rate limited, and for how many milliseconds more, at most 7 days.

    None for the time: not said.
    """
    if not _LIMITED.search(details):
        return False, None
    if (span := _SPAN.search(details)) is not None:
        return True, min(sum(_ms(number, unit) for number, unit in _PART.findall(span[1])), RESET_MOST_MS)
    if (seconds := _RETRY_AFTER.search(details)) is not None:
        return True, min(int(float(seconds[1]) * 1000), RESET_MOST_MS)
    return True, resets_in(_moment_ms(details), now_ms)


def resets_in(at_ms: int | None, now_ms: int) -> int | None:
    """Milliseconds from now to a moment, at most 7 days; None for a moment that is not known or is over."""
    return min(at_ms - now_ms, RESET_MOST_MS) if at_ms is not None and at_ms > now_ms else None


def _ms(number: str, unit: str) -> int:
    word = unit.lower()
    per = 1 if word == "ms" or word.startswith("milli") else _MS[word[0]]
    return int(float(number) * per)


def _moment_ms(text: str) -> int | None:
    found = _MOMENT.search(text)
    if found is None:
        return None
    try:
        return int(datetime.fromisoformat(found[0].replace(" UTC", "Z").replace("UTC", "Z").strip()).timestamp() * 1000)
    except ValueError:
        return None
