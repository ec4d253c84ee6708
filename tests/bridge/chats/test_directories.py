"""Directories of a real file system: made late, taken away, replaced, and more of them than may be watched."""

import errno
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from bridge.chats.directories import Directories, Watching
from tests.daemon import eventually

PATIENCE = 30.0


class Reader:
    """Waits until it is told, as a reader of stores does."""

    def __init__(self, directories: Directories, *paths: Path) -> None:
        self.told = threading.Event()
        self.watching: Watching = directories.watch(paths, self.told.set)
        self.watching.arm()
        assert self.watching.take() is None, "nobody can know what was written before"

    def touched(self) -> set[Path] | None:
        """What was touched, once something was."""
        assert self.told.wait(PATIENCE)
        self.told.clear()
        if self.watching.stale:
            self.watching.arm()
        return self.watching.take()

    def hears_of(self, path: Path) -> None:
        """A write to this file is told by name. What was told of before it may come along."""
        self.watching.take()
        path.write_text("x", encoding="utf-8")
        while path not in (found := self.touched() or set()):
            if not found:
                path.write_text("y", encoding="utf-8")


@pytest.fixture
def directories() -> Iterator[Directories]:
    made = Directories()
    yield made
    made.stop()


def test_a_write_is_told_with_the_file(directories: Directories, tmp_path: Path) -> None:
    reader = Reader(directories, tmp_path)
    reader.hears_of(tmp_path / "a.jsonl")
    assert reader.watching.tells


def test_several_readers_of_one_directory_share_its_watch(directories: Directories, tmp_path: Path) -> None:
    first, second = Reader(directories, tmp_path), Reader(directories, tmp_path)
    assert directories.count() == 1
    (tmp_path / "a").write_text("x", encoding="utf-8")
    assert first.told.wait(PATIENCE)
    assert second.told.wait(PATIENCE)
    first.watching.close()
    second.hears_of(tmp_path / "b")
    second.watching.close()
    assert directories.count() == 0


def test_reading_tells_nobody(directories: Directories, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x", encoding="utf-8")
    reader = Reader(directories, tmp_path)
    for _ in range(50):
        (tmp_path / "a").read_text(encoding="utf-8")
    # Whatever came of the reading comes before this.
    (tmp_path / "b").write_text("x", encoding="utf-8")
    assert reader.touched() == {tmp_path / "b"}


def test_a_reader_that_does_not_look_is_told_once(directories: Directories, tmp_path: Path) -> None:
    calls: list[int] = []
    watching = directories.watch([tmp_path], lambda: calls.append(1))
    watching.arm()
    watching.take()
    for number in range(50):
        (tmp_path / f"{number}").write_text("x", encoding="utf-8")
    eventually(lambda: len(watching._touched) >= 50, "all are touched", PATIENCE)
    assert len(calls) == 1


def test_more_than_can_be_named_is_everything(
    directories: Directories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.chats.directories.TOUCHED_MOST", 10)
    reader = Reader(directories, tmp_path)
    for number in range(20):
        (tmp_path / f"{number}").write_text("x", encoding="utf-8")
    eventually(lambda: reader.watching._everything, "too much to name", PATIENCE)
    assert reader.watching.take() is None


def test_a_directory_that_is_made_later_is_told_of_and_then_watched(directories: Directories, tmp_path: Path) -> None:
    wanted = tmp_path / "a" / "b" / "c"
    reader = Reader(directories, wanted)
    assert reader.watching.tells, "it is waited for, so nobody has to poll"
    (tmp_path / "unrelated").write_text("x", encoding="utf-8")
    wanted.mkdir(parents=True)
    assert reader.touched() is None
    eventually(lambda: watched_itself(reader), "the directory itself is watched", PATIENCE)
    reader.hears_of(wanted / "file")
    assert not reader.watching.unwatched


def watched_itself(reader: Reader) -> bool:
    if reader.watching.stale:
        reader.watching.arm()
    return all(target.at == target.path for target in reader.watching._targets)


def test_a_directory_that_vanishes_is_waited_for(directories: Directories, tmp_path: Path) -> None:
    wanted = tmp_path / "a" / "b"
    wanted.mkdir(parents=True)
    reader = Reader(directories, wanted)
    for _ in range(3):
        shutil.rmtree(tmp_path / "a")
        # What is still told of the file comes first, and more than once on a busy machine.
        eventually(lambda: reader.touched() is None, "that it is gone is told", PATIENCE)
        wanted.mkdir(parents=True)
        eventually(lambda: watched_itself(reader), "it is watched again", PATIENCE)
        reader.hears_of(wanted / "file")


def test_another_directory_of_the_same_name_is_noticed_when_armed(directories: Directories, tmp_path: Path) -> None:
    wanted = tmp_path / "a"
    wanted.mkdir()
    reader = Reader(directories, wanted)
    wanted.rename(tmp_path / "old")
    wanted.mkdir()
    reader.watching.arm()
    assert reader.watching.take() is None
    reader.hears_of(wanted / "file")


class Limited(Observer):  # type: ignore[misc,valid-type]  # what it is depends on the platform
    """A platform that takes so many watches and no more."""

    left = 1

    def schedule(self, *arguments: object, **named: object) -> object:
        if self.left <= 0:
            raise OSError(errno.ENOSPC, "inotify watch limit reached")
        self.left -= 1
        return super().schedule(*arguments, **named)

    def unschedule(self, watch: object) -> None:
        self.left += 1
        super().unschedule(watch)


def test_what_the_platform_does_not_take_is_named_and_taken_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.chats.directories.RETRY_S", 0.0)
    directories = Directories(Limited)
    try:
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
        first, second = Reader(directories, tmp_path / "a"), Reader(directories, tmp_path / "b")
        assert first.watching.tells
        assert list(second.watching.unwatched) == [tmp_path / "b"]
        assert "limit" in second.watching.unwatched[tmp_path / "b"]
        first.watching.close()
        second.watching.arm()
        assert second.watching.tells
        second.hears_of(tmp_path / "b" / "file")
    finally:
        directories.stop()


def test_a_platform_that_watches_nothing_leaves_everything_to_the_poll(tmp_path: Path) -> None:
    def none() -> BaseObserver:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    directories = Directories(none)
    reader = Reader(directories, tmp_path)
    assert "limit" in reader.watching.unwatched[tmp_path]
    assert not reader.watching.tells
    directories.stop()


def test_no_more_are_watched_than_the_own_limit(tmp_path: Path) -> None:
    directories = Directories(most=2)
    try:
        for number in range(3):
            (tmp_path / f"{number}").mkdir()
        reader = Reader(directories, *(tmp_path / f"{number}" for number in range(3)))
        assert directories.count() == 2
        assert list(reader.watching.unwatched) == [tmp_path / "2"]
    finally:
        directories.stop()


def test_a_link_to_a_directory_is_watched(directories: Directories, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    reader = Reader(directories, tmp_path / "link")
    (tmp_path / "real" / "file").write_text("x", encoding="utf-8")
    touched = reader.touched()
    assert touched
    assert {path.name for path in touched} == {"file"}


def test_a_loop_of_links_is_waited_for_and_hangs_nobody(directories: Directories, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    reader = Reader(directories, tmp_path / "loop" / "chats")
    assert reader.watching.tells
