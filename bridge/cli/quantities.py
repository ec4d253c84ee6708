"""Numbers in the arguments of verbs, as types for argparse: what is none becomes its error."""

from argparse import ArgumentTypeError

SECONDS_MOST = 86_400 * 7


def seconds(text: str) -> float:
    """More than zero and less than a week."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < SECONDS_MOST:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def count(text: str) -> int:
    """From zero to nine digits."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ArgumentTypeError(f"{text!r} is not a number from 0")
    return int(text)
