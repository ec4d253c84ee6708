"""What may be said of an exception that was not foreseen: its type and where it was raised, never its text.

The text of a foreign exception can quote a prompt.
"""

import traceback


def describe(error: BaseException) -> str:
    """Frames and types of the error and of what caused it, oldest first; several lines."""
    parts = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = "".join(traceback.format_tb(current.__traceback__))
        parts.append(f"{frames}{type(current).__module__}.{type(current).__qualname__}")
        if isinstance(current, BaseExceptionGroup):
            parts += [describe(inner) for inner in current.exceptions]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\nled to:\n".join(reversed(parts))
