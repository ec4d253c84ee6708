"""A file system whose calls fail from a chosen one on, or only that one: every moment at which a store can go away.

Only calls on paths below one folder count, and what is read of a descriptor.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest


@dataclass(slots=True)
class Calls:
    """`first`: the number of the call that fails, from 1; 0 for none. `lasting`: so do all after it.

    `names` are the calls that were made, in their order.
    """

    root: Path
    errno: int
    lasting: bool
    first: int = 0
    names: list[str] = field(default_factory=list)
    failed: bool = False

    @contextmanager
    def failing(self, first: int) -> Iterator[None]:
        self.first, self.names, self.failed = first, [], False
        try:
            yield
        finally:
            self.first = 0

    def made(self, name: str, path: object) -> None:
        """A call on this path is made now; OSError when it is to fail."""
        if self.first == 0 or not str(path).startswith(str(self.root)):
            return
        self.names.append(name)
        number = len(self.names)
        if number == self.first or (self.lasting and number > self.first):
            self.failed = True
            raise OSError(self.errno, os.strerror(self.errno), str(path))


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands for an `os.DirEntry`, whose own calls cannot be replaced."""

    entry: os.DirEntry[str]
    calls: Calls
    name: str = field(init=False)
    path: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.entry.name)
        object.__setattr__(self, "path", self.entry.path)

    def __fspath__(self) -> str:
        return self.path

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        self.calls.made("stat of an entry", self.path)
        return self.entry.stat(follow_symlinks=follow_symlinks)

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self._is(lambda: self.entry.is_dir(follow_symlinks=follow_symlinks))

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return self._is(lambda: self.entry.is_file(follow_symlinks=follow_symlinks))

    def is_symlink(self) -> bool:
        return self.entry.is_symlink()

    def _is(self, ask: Callable[[], bool]) -> bool:
        try:
            self.calls.made("kind of an entry", self.path)
        except FileNotFoundError:
            # As the system's own entry answers.
            return False
        return ask()


class Listing:
    """What stands for the iterator of `os.scandir`."""

    def __init__(self, path: str, calls: Calls, scan: Callable[[str], Any]) -> None:
        self._inner, self._calls, self._path = scan(path), calls, path

    def __enter__(self) -> "Listing":
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        self.close()
        return False

    def __iter__(self) -> "Listing":
        return self

    def __next__(self) -> Entry:
        self._calls.made("next entry", self._path)
        return Entry(next(self._inner), self._calls)

    def close(self) -> None:
        self._inner.close()


def install(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:
    """Puts `calls` between Python and the system until the test ends. Nothing waits meanwhile."""
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path=".": _scanned(path, calls, scan))
    for name in ("open", "stat", "lstat", "listdir", "readlink"):
        monkeypatch.setattr(os, name, _counted(name, getattr(os, name), calls))
    for name in ("read", "pread", "fstat"):
        monkeypatch.setattr(os, name, _counted_content(name, getattr(os, name), calls))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


def _scanned(path: str | os.PathLike[str], calls: Calls, scan: Callable[[str], Any]) -> Listing:
    calls.made("scandir", os.fspath(path))
    return Listing(os.fspath(path), calls, scan)


def _counted(name: str, call: Callable[..., Any], calls: Calls) -> Callable[..., Any]:
    def counted(path: Any, *arguments: Any, **options: Any) -> Any:
        calls.made(name, path)
        return call(path, *arguments, **options)

    return counted


def _counted_content(name: str, call: Callable[..., Any], calls: Calls) -> Callable[..., Any]:
    def counted(*arguments: Any) -> Any:
        # What is open stays open when its name or a right goes; but a disk can fail at any time.
        if calls.errno == errno.EIO:
            calls.made(name, calls.root)
        return call(*arguments)

    return counted
