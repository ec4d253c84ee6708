"""The state of a folder at one moment: git's revision, and a hash of what differs from it. Blocking; changes nothing.

Where there is no git, or no commit yet, the hash is over size, time and inode of every file that is no tool's cache.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath

from bridge.goals.steps import WorkspaceState
from bridge.protocol.messages.goals import CheckTerms

GIT_S = 20.0
FILES_MOST = 100_000
CONTENT_MOST = 8 << 20
CHANGED_SHOWN = 30
# Made by tools on their own; what is in them says nothing about the work.
CACHES = frozenset({".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "node_modules", ".venv"})
SHELLS = frozenset({"sh", "bash", "dash", "zsh"})
_LOOKS_LIKE_A_CHECK = re.compile(r"^(?:test|check|verify)|(?:[_.-])(?:tests?|checks?|specs?)(?:[_.-]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WorkspaceScan:
    """A workspace, and a mark of every file that counts: what differs from git's revision, else all."""

    state: WorkspaceState
    files: Mapping[str, str]


def look(folder: Path, checks: Iterable[CheckTerms] = (), named: Iterable[str] = ()) -> WorkspaceScan:
    """The workspace now; protected are the files of `checks` and those in `named`. No folder's contents make it raise.

    With more than 100,000 files to compare there is no hash, and `unread` says so.
    """
    protected = _digest(_marks(folder, {*_protected(folder, checks), *named}))
    revision = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    try:
        names = list(_differing(folder) if revision else _walk(folder))
    except OSError as error:
        why = f"the files cannot be read: {error.strerror or error}"
        return WorkspaceScan(WorkspaceState(bool(revision), _text(revision), None, protected, why), {})
    if len(names) > FILES_MOST:
        why = f"more than {FILES_MOST} files would have to be compared"
        return WorkspaceScan(WorkspaceState(bool(revision), _text(revision), None, protected, why), {})
    files = _marks(folder, names) if revision else _stamps(folder, names)
    return WorkspaceScan(WorkspaceState(bool(revision), _text(revision), _digest(files), protected), files)


def summary(folder: Path, before: WorkspaceScan, after: WorkspaceScan) -> list[str]:
    """What differs between two looks, a file each, with its lines added and removed since the revision of the first.

    Blocking; changes nothing.
    """
    names = {n for n in {*before.files, *after.files} if before.files.get(n) != after.files.get(n)}
    since = before.state.revision
    lines = _lines(folder, since) if names or since != after.state.revision else {}
    if since is not None and since != after.state.revision:  # what was committed differs from no revision any more
        names = {n for n in {*names, *lines} if before.files.get(n) != _mark(folder / n)}
    shown = [f"{n} ({_how(folder / n, n in before.files, lines.get(n))})" for n in sorted(names)[:CHANGED_SHOWN]]
    return [*shown, f"… and {len(names) - len(shown)} more"] if len(names) > len(shown) else shown


def _how(path: Path, known: bool, lines: str | None) -> str:
    if not path.exists() and not path.is_symlink():
        return "removed"
    return lines or ("edited" if known else "new")


def _lines(folder: Path, revision: str | None) -> dict[str, str]:
    """`+2 -1` for each file that git knows and that differs from a revision."""
    quiet = ("--no-renames", "--no-ext-diff", "--no-textconv", "--relative")
    listed = _git(folder, "diff", "--numstat", "-z", *quiet, revision, "--") if revision else None
    counted = {}
    for entry in (listed or b"").split(b"\0"):
        added, tab, rest = entry.decode("utf-8", "surrogateescape").partition("\t")
        removed, _, name = rest.partition("\t")
        if tab and _counts(name):
            counted[name] = "edited" if added == "-" else f"+{added} -{removed}"
    return counted


def named(folder: Path, checks: Iterable[CheckTerms]) -> list[str]:
    """The tests and checks that stand in the commands themselves, such as `check.py` of `python3 check.py`.

    GoalService asks once, at the start of a goal: a file that the agent makes under such a name later is its work.
    """
    found = set()
    for check in checks:
        for word in check.command[1:]:
            path = folder / check.cwd / word.partition("::")[0]
            name = os.path.relpath(path, folder)
            if _LOOKS_LIKE_A_CHECK.search(path.name) and not name.startswith("..") and path.is_file():
                found.add(name)
    return sorted(found)


def _protected(folder: Path, checks: Iterable[CheckTerms]) -> Iterator[str]:
    """Files that decide what a check tells: those that its globs name, with all below a folder, and its own script."""
    seen = set()
    for check in checks:
        named = [path for glob in check.protect for path in folder.glob(glob)]
        found = [below for path in named for below in (path.rglob("*") if path.is_dir() else (path,))]
        words = check.command[1:2] if PurePath(check.command[0]).name in SHELLS else check.command[:1]
        found += [folder / check.cwd / word for word in words if "/" in word or words is not check.command[:1]]
        for path in found:
            name = os.path.relpath(path, folder)
            if name not in seen and not name.startswith("..") and path.is_file() and _counts(name):
                seen.add(name)
                yield name


def _counts(name: str) -> bool:
    return not name.endswith(".pyc") and CACHES.isdisjoint(PurePath(name).parts)


def _differing(folder: Path) -> Iterator[str]:
    listed = _git(folder, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
    if listed is None:
        raise OSError(0, "git gave no status")
    prefix = (_git(folder, "rev-parse", "--show-prefix") or b"").decode("utf-8", "surrogateescape").strip("\n")
    for entry in listed.split(b"\0"):
        name = entry[3:].decode("utf-8", "surrogateescape")
        if name and _counts(name):
            yield os.path.relpath(name, prefix or ".")


def _walk(folder: Path) -> Iterator[str]:
    count = 0
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in CACHES]
        for name in names:
            path = os.path.relpath(os.path.join(root, name), folder)  # noqa: PTH118
            if _counts(path):
                count += 1
                yield path
        if count > FILES_MOST:
            return


def _marks(folder: Path, names: Iterable[str]) -> dict[str, str]:
    return {name: _mark(folder / name) for name in names}


def _mark(path: Path) -> str:
    try:
        if path.is_symlink():
            return f"link {path.readlink()}"
        found = path.stat()
        if not path.is_file() or found.st_size > CONTENT_MOST:
            return f"{found.st_size} {found.st_mtime_ns}"
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"gone {error.errno}"


def _stamps(folder: Path, names: Iterable[str]) -> dict[str, str]:
    stamps = {}
    for name in names:
        try:
            found = (folder / name).lstat()
            stamps[name] = f"{found.st_size} {found.st_mtime_ns} {found.st_ino}"
        except OSError as error:
            stamps[name] = f"gone {error.errno}"
    return stamps


def _digest(files: Mapping[str, str]) -> str:
    lines = "".join(f"{name}\0{mark}\n" for name, mark in sorted(files.items()))
    return sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _git(folder: Path, *words: str) -> bytes | None:
    """What git says; None when it has nothing to say, is not there, or takes too long. It takes no locks."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", *words]
    try:
        done = subprocess.run(
            command,
            env={**environment, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=GIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _text(revision: bytes | None) -> str | None:
    return revision.decode("ascii", "replace").strip() if revision else None
