"""When are two texts the same prompt? `tests/vectors/text_hash.jsonl` holds the plugins to the same answer.

Whether a field holds our text before Enter is pressed is another question, with a stricter rule: `injectors.prompt`.
"""

import unicodedata
from hashlib import sha256

ASCII_WHITESPACE = " \t\n\r\f\v"


def normalise(text: str) -> str:
    """The text as a chat may legitimately show it: one kind of newline, NFC, no ASCII white space at the ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", lines).strip(ASCII_WHITESPACE)


def text_sha(text: str) -> str:
    """SHA-256 of the normalised text, 64 hexadecimal digits."""
    return sha256(normalise(text).encode("utf-8")).hexdigest()
