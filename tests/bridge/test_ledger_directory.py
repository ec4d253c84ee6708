"""The names that a new ledger makes are on disk before its first row is: a power loss leaves no row without its tip."""

import os
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bridge.ledger.database import LedgerDatabase
from bridge.ledger.snapshot import FILE_NAME
from bridge.ledger.store import Ledger
from bridge.ledger.tip import FILE_NAME as TIP_NAME


def test_the_directory_is_flushed_with_each_name_and_before_the_first_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "ledger"
    steps: list[str | frozenset[str]] = []
    fsync, begin = os.fsync, LedgerDatabase.begin

    def flushed(descriptor: int) -> None:
        fsync(descriptor)
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode) and os.path.samestat(found, place.stat()):
            steps.append(frozenset(path.name for path in place.iterdir()))

    def begun(*given: object) -> None:
        steps.append("the first row")
        begin(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(LedgerDatabase, "begin", begun)
    with closing(Ledger.open(place)):
        pass
    database, both = steps[0], steps[1]
    assert steps[2:] == ["the first row"]
    assert isinstance(database, frozenset)
    assert isinstance(both, frozenset)
    assert FILE_NAME in database
    assert {FILE_NAME, TIP_NAME} <= both


def test_a_name_that_is_there_is_flushed_again_at_each_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that went down between the name and its flush leaves the name in the cache alone."""
    place = tmp_path / "ledger"
    with closing(Ledger.open(place)):
        pass
    flushed: list[int] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        fsync(descriptor)
        flushed.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", noted)
    with closing(Ledger.open(place)):
        pass
    assert place.stat().st_ino in flushed
