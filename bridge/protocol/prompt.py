"""What may be sent as a prompt. Standard library only: the command line checks before it sends."""

from bridge.protocol.errors import BridgeError, Reason

PROMPT_MAX_BYTES = 262_144
ALLOWED_CONTROLS = "\t\n\r"


def check_prompt(text: str) -> None:
    """Refuse what no chat can take as it is: nothing, too much, or characters that would be lost or act as keys."""
    if not text.strip():
        raise BridgeError(Reason.PROMPT_EMPTY, "the prompt is empty", hint="give the text, - for stdin, or --file")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > PROMPT_MAX_BYTES:
        raise BridgeError(
            Reason.PROMPT_TOO_LARGE,
            f"the prompt has {size:,} bytes, {PROMPT_MAX_BYTES:,} are allowed",
            hint="put the long part into a file in the workspace and name it in the prompt",
        )
    for position, character in enumerate(text):
        if (
            (ord(character) < 32 and character not in ALLOWED_CONTROLS)
            or ord(character) == 127
            or _surrogate(character)
        ):
            line = text.count("\n", 0, position) + 1
            raise BridgeError(
                Reason.PROMPT_CONTROL_CHARACTER,
                f"the prompt holds the control character U+{ord(character):04X}",
                where=f"line {line}, character {position - text.rfind(chr(10), 0, position)}",
                hint="remove it; tabs and newlines are fine",
            )


def _surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"
