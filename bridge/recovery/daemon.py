"""The daemon as the actions of recoveries reach it from their threads: bridge.daemon.operator implements it."""

from dataclasses import dataclass
from typing import Protocol

from bridge.drive.record import Mark
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.base import Message
from bridge.protocol.messages.chat import CommandResult
from bridge.protocol.messages.drive import DriveView, QueueView
from bridge.recovery.action import Aim


@dataclass(frozen=True, slots=True)
class PluginWindow:
    """A connected window. `surfaces` are the keys of its chats; `host_started_at_ms` changes with a reload."""

    window_id: str
    ide: str
    epoch: int
    pid: int
    host_started_at_ms: int
    surfaces: tuple[str, ...]
    folders: tuple[str, ...]

    def __str__(self) -> str:
        return f"the {self.ide} window {self.window_id} ({', '.join(self.folders) or 'no folder'})"


class ConnectedWindows(Protocol):
    """Every method blocks for a bounded time, and raises BridgeError."""

    def all(self) -> list[PluginWindow]: ...
    def hang_up(self, window: PluginWindow) -> None:
        """End the connection of that window's plugin, which then connects anew by itself."""

    def come_back(self, window_id: str, after_epoch: int, seconds: float) -> PluginWindow | None:
        """The window under a later epoch, within `seconds`; None when it does not come."""

    def command(self, window: PluginWindow, method: str, params: Message) -> CommandResult:
        """Ask the window's plugin to run a command. Its answer says that the command was issued, not that it worked."""


class MendableDrives(Protocol):
    """Every method blocks for a bounded time, and raises BridgeError."""

    def queues(self) -> list[QueueView]: ...
    def find(self, drive_id: str) -> DriveView: ...
    def release(self, drive_id: str, seconds: float) -> DriveView:
        """Settle an open drive by what is known now; the drive as it is at the end."""

    def mark(self, drive_id: str, mark: Mark) -> None:
        """Record what the operator says: that the prompt was sent, or was not."""

    def why_not_again(self, drive_id: str) -> str | None:
        """Why that prompt must not be sent again, None when it may: it is in its chat, or not known in full."""

    def resend(self, drive_id: str, new_id: str) -> DriveView:
        """Start another drive with everything of that one but its id, for the same chat."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """All that an action in the daemon can reach of the daemon."""

    windows: ConnectedWindows
    drives: MendableDrives


def window_of(windows: ConnectedWindows, aim: Aim) -> PluginWindow:
    """The one connected window that fits `aim`. BridgeError UNKNOWN_SURFACE, AMBIGUOUS_SURFACE."""
    there = windows.all()
    found = [each for each in there if aim.window in (None, each.window_id, *each.surfaces)]
    if aim.ide is not None:
        found = [each for each in found if each.ide == aim.ide]
    if len(found) == 1:
        return found[0]
    if found:
        listing = "\n".join(f"  {each.window_id}  {each}" for each in found)
        raise BridgeError(
            Reason.AMBIGUOUS_SURFACE, f"{len(found)} windows fit:\n{listing}", hint="say which with --window"
        )
    message = "no connected window fits" if there else "no window is connected"
    hint = "in the IDE, run the command 'Koru: Connect'; whether it has the plugin: koru plugin status"
    raise BridgeError(Reason.UNKNOWN_SURFACE, message, hint=hint)


def unknown_drive(drives: MendableDrives, aim: Aim) -> DriveView:
    """The drive that `aim` names, whose outcome is `unknown`. BridgeError USAGE, UNKNOWN_DRIVE, RECOVERY_UNFIT."""
    if aim.drive_id is None:
        hint = "those whose outcome is unknown: koru recover list"
        raise BridgeError(Reason.USAGE, "say which drive is meant, with --drive", hint=hint)
    drive = drives.find(aim.drive_id)
    if drive.outcome != "unknown":
        message = f"the drive {drive.drive_id} is {drive.outcome or drive.state}; this is for an unknown outcome"
        raise BridgeError(Reason.RECOVERY_UNFIT, message, hint=f"koru drive show {drive.drive_id}")
    return drive
