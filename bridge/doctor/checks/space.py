"""The free space for our state, and whether other users can read it or change the configuration."""

import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bridge import paths
from bridge.doctor.finding import Check, Finding, Remedy, Seen
from bridge.doctor.scene import Scene

MIB = 1024 * 1024
LITTLE, NONE = 256 * MIB, 16 * MIB
FILES_MOST = 5_000
TOLD_MOST = 5


def space(scene: Scene) -> Iterator[Finding | Seen]:
    """Every step of a drive is on disk before it is taken: without space there are no drives."""
    there = _nearest(paths.state_directory())
    found = os.statvfs(there)
    free = found.f_bavail * found.f_frsize
    yield Seen("free disk space", f"{free // MIB} MiB at {there}")
    inodes = found.f_favail if found.f_files else LITTLE
    if free < LITTLE or inodes < 1000:
        left = f"{free // MIB} MiB" if free < LITTLE else f"{inodes} files"
        problem = f"the disk of {there} has {left} left"
        remedy = Remedy("free some space: without it the ledger cannot be written", (f"du -sh {there}",))
        yield Finding("disk-space", "error" if free < NONE or inodes < 100 else "warning", problem, remedy)


def _nearest(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.is_dir())


def modes(scene: Scene) -> Iterator[Finding | Seen]:
    """Koru's state holds prompts, so only its owner may read it; others may read the configuration, not change it."""
    state, config = paths.state_directory(), paths.config_directory()
    loose = [*_loose(state, 0o077), *_loose(config, 0o022)]
    for path, what in islice(loose, TOLD_MOST):
        below = state if path.is_relative_to(state) else config
        remedy = Remedy("take it back, and the rights of others away", (f"chmod -R go-rwx {below}",))
        more = f" (and {len(loose) - TOLD_MOST} more)" if len(loose) > TOLD_MOST else ""
        yield Finding("file-modes", "error", f"{path} {what}{more}", remedy, str(path))


def _loose(top: Path, forbidden: int) -> Iterator[tuple[Path, str]]:
    for path in islice((top, *top.rglob("*")), FILES_MOST):
        try:
            found = path.lstat()
        except OSError:
            continue
        if stat.S_ISLNK(found.st_mode):
            continue
        if found.st_uid != os.geteuid():
            yield path, f"belongs to user {found.st_uid}"
        elif found.st_mode & forbidden:
            yield path, f"is open to others (mode {stat.S_IMODE(found.st_mode):04o})"


CHECKS = (
    Check("disk-space", "there is room for the ledger", space),
    Check("file-modes", "what we keep is yours alone", modes),
)
