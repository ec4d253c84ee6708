"""The text of `koru drive` and `koru inject`, from TEXT, stdin or --file."""

import sys

from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.prompt import PROMPT_MAX_BYTES, check_prompt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def read_prompt(arguments: "Namespace") -> str:
    """The prompt of `words` or `file`, whole and fit to be sent. BridgeError USAGE, PROMPT_*."""
    words, file = arguments.words, arguments.file
    if len(words) > 1 or (words and file):
        hint = "quote the prompt as one argument, or use - or --file"
        raise BridgeError(Reason.USAGE, "more than one prompt was given", hint=hint)
    if not words and not file:
        hint = 'koru drive "…", or - for stdin, or --file F'
        raise BridgeError(Reason.PROMPT_EMPTY, "no prompt was given", hint=hint)
    if file:
        text = _read(file)
    elif words == ["-"]:
        text = _decode(sys.stdin.buffer.read(PROMPT_MAX_BYTES + 1), "-")
    else:
        text = str(words[0])
    check_prompt(text)
    return text


def _read(file: str) -> str:
    try:
        with open(file, "rb") as opened:
            return _decode(opened.read(PROMPT_MAX_BYTES + 1), file)
    except OSError as error:
        raise BridgeError(Reason.USAGE, f"the prompt cannot be read: {error.strerror}", where=file) from None


def _decode(data: bytes, where: str) -> str:
    """The text of up to PROMPT_MAX_BYTES + 1 bytes. More than can be sent may end in half a character: a text of that
    length is returned for them, which check_prompt refuses by its size."""
    if len(data) > PROMPT_MAX_BYTES:
        return "x" * len(data)
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BridgeError(Reason.USAGE, f"the prompt is not UTF-8 (byte {error.start})", where=where) from None
