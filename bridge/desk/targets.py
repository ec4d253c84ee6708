"""Which window and field of this desktop a surface is. Raises Declined where that is not known. Blocking."""

from dataclasses import replace
from pathlib import Path, PurePath

from bridge.desk.calibration import CalibrationStore
from bridge.drive.windows import Addressed
from injectors.base import Declined, Target
from injectors.blockers import BlockerWord

_ANCESTORS = 16


def window_of(addressed: Addressed) -> Target:
    """The window alone: by the operator's words for it, else by process and folder. Raises Declined without either."""
    named = addressed.named
    if named is not None and (named.app or named.title):
        return Target(app=named.app, title=named.title)
    if addressed.pid is None:
        message = "the IDE's own process is not on this desktop (a browser or a remote shows it)"
        hint = "name the window in desk.yaml, by app and title"
        raise Declined(BlockerWord.TARGET_UNSPECIFIED, message, hint)
    # All windows of an IDE may belong to one process: the folder's name, which the title holds, tells them apart.
    title = PurePath(addressed.folders[0]).name if addressed.folders else None
    return Target(pids=ancestors(addressed.pid), title=title)


def aimed(addressed: Addressed, calibrations: CalibrationStore) -> Target:
    """The window with its calibrated chat input. Raises Declined without: any other field may be a source file."""
    target = window_of(addressed)
    found = calibrations.load(addressed.product, addressed.version)
    if found is None:
        message = f"where the chat's input is in {addressed.product} {addressed.version} was never calibrated"
        hint = f"koru calibrate --target {addressed.product}, with the cursor in the chat's input"
        raise Declined(BlockerWord.FIELD_UNKNOWN, message, hint)
    return found.aimed(target)


def without_field(target: Target) -> Target:
    """The same window, with no demand on the field that has the focus."""
    return replace(target, field=None, click=None, copyable=False)


def ancestors(pid: int, proc: Path = Path("/proc")) -> frozenset[int]:
    """The process and those that started it, short of init: an IDE's windows belong to its first process."""
    found: list[int] = []
    while pid > 1 and len(found) < _ANCESTORS:
        found.append(pid)
        try:
            status = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            break
        # The name is in parentheses and may hold any character; the parent is the second word after it.
        pid = int(status.rpartition(")")[2].split()[1])
    return frozenset(found)
