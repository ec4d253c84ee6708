"""What the output of a check says: the part worth reading, how many failures, and what makes two failures the same."""

import re
from hashlib import sha256

USEFUL_CHARS = 3000
USEFUL_LINES = 60
# The ways in which test tools write their count of failures; the largest count in the output is taken.
_COUNTED = re.compile(
    r"\b(\d+) (?:failed|failing|failures?|errors?)\b|\b(?:failures|errors|fail|failed)[=:] ?(\d+)\b", re.IGNORECASE
)
_GO_FAILURE = re.compile(r"^\s*--- FAIL: ", re.MULTILINE)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")
_TELLING = re.compile(r"error|fail|assert|exception|panic|expected|traceback", re.IGNORECASE)
# What differs from run to run and means nothing.
_NOISE = (
    (re.compile(r"0x[0-9a-fA-F]+"), "0x"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|s|sec|seconds|µs|us)\b"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"), "<time>"),
    (re.compile(r"/tmp/[\w./-]+"), "/tmp/"),  # noqa: S108
    (re.compile(r"\b(?:pid|port)[ =:]+\d+", re.IGNORECASE), "<number>"),
)


def cleaned(output: bytes) -> str:
    """The output as text, without colours and with the last state of every rewritten line."""
    text = _ANSI.sub("", output.decode("utf-8", "replace")).replace("\r\n", "\n")
    lines = (line.rsplit("\r", 1)[-1].rstrip() for line in text.split("\n"))
    return "".join(c for c in "\n".join(lines) if c in "\n\t" or c.isprintable()).strip("\n")


def useful(text: str) -> str:
    """The end, where tools sum up, and before it the lines that tell most; what is left out is said."""
    lines = text.split("\n")
    tail = lines[-USEFUL_LINES:]
    before = [line for line in lines[: -len(tail)] if _TELLING.search(line)][: USEFUL_LINES // 4]
    left_out = len(lines) - len(tail) - len(before)
    kept = [*before, *([f"[… {left_out} lines left out …]"] if left_out else []), *tail]
    joined = "\n".join(line[:400] for line in kept)
    return joined if len(joined) <= USEFUL_CHARS else "[…]\n" + joined[-USEFUL_CHARS:]


def failing(text: str) -> int | None:
    """The largest number of failures that the output counts; None when it counts none."""
    counts = [int(one or other) for one, other in _COUNTED.findall(text)]
    counts.append(len(_GO_FAILURE.findall(text)))
    return max(counts) or None


def signature(exit_status: int | None, text: str) -> str:
    """16 hex digits, equal for two failures that differ only in what `_NOISE` lists.

    That is: times and durations, memory addresses, paths below /tmp, process ids and ports.
    """
    for noise, word in _NOISE:
        text = noise.sub(word, text)
    return sha256(f"{exit_status}\n{text}".encode("utf-8", "replace")).hexdigest()[:16]
