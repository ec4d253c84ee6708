"""The commands a plugin's host has."""

from bridge.protocol.messages.base import Message


class CommandsListParams(Message):
    """`contains` filters the commands of the host by part of their name, without case."""

    contains: str | None = None


class CommandsListResult(Message):
    """The commands the host really has."""

    commands: list[str]
