"""What may be injected, and when a field's text counts as ours.

`bridge.drive.match` has the other rule for "the same text": whether what a chat shows is our prompt. That rule trims
blanks and composes letters, as products do. Here all that the field holds is sent when Enter is pressed, so a blank
more is another text. `tests/test_twins.py` holds that a field which counts as ours is our prompt by the other rule too.
"""

import unicodedata

from injectors.base import Declined
from injectors.blockers import BlockerWord

max_bytes = 4 * 1024 * 1024
"""Largest text in UTF-8 bytes; a paste above this blocks common editors for many seconds."""


def check(text: str) -> None:
    """Raise Declined for text no injector may carry: empty, too large, control characters, lone surrogates."""
    if not text.strip():
        raise Declined(BlockerWord.TEXT_EMPTY, "the text is empty", "give a text with at least one visible character")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        message = f"the text has a lone surrogate at character {error.start}"
        raise Declined(BlockerWord.TEXT_UNSUPPORTED, message, "give valid Unicode text") from None
    if size > max_bytes:
        message = f"the text has {size} bytes, at most {max_bytes} can be pasted"
        raise Declined(BlockerWord.TEXT_TOO_LARGE, message, "put the text in a file and name the file in the prompt")
    for index, character in enumerate(text):
        if unicodedata.category(character) == "Cc" and character not in "\n\t":
            message = f"the text has the control character U+{ord(character):04X} at character {index}"
            raise Declined(
                BlockerWord.TEXT_UNSUPPORTED, message, "remove control characters other than tab and newline"
            )


def normalised(text: str) -> str:
    """Without what fields add on their own: CRLF, trailing newlines, the object mark of rich text (U+FFFC)."""
    return text.replace("\r\n", "\n").replace("\ufffc", "").rstrip("\n")


def same(field: str, ours: str) -> bool:
    """Whether a field's text is ours, trailing newlines aside."""
    return normalised(field) == normalised(ours)


def vacant(field: str) -> bool:
    """Whether a field holds no draft. Blanks are a draft: they would be submitted with our text."""
    return normalised(field) == ""
