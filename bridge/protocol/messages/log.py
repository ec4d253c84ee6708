"""A line a plugin writes into the daemon's log."""

from bridge.protocol.messages.base import LogLevel, Message


class LogMessage(Message):
    """A line for the daemon's log. Never holds the text of a prompt."""

    level: LogLevel
    message: str
