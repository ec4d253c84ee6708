"""Files are whole or not there, directories are closed to others, and a key that others could read is refused."""

import errno
import os
import stat
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from bridge.clock import growing_pauses
from bridge.files import (
    SWEEP_AFTER_S,
    NotPrivate,
    make_directories,
    private_directory,
    read_private,
    sweep,
    whole_file,
    write_whole,
)

# --- whole files -----------------------------------------------------------------------------------------------------


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_is_replaced_and_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_whole(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)
    assert names(tmp_path) == {"file"}


def test_a_reader_sees_the_old_content_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with whole_file(path) as file:
        file.write(b"half")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"half"


@pytest.mark.parametrize("before", [b"old", None])
@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_failure_leaves_what_was_there(tmp_path: Path, before: bytes | None, failure: type[BaseException]) -> None:
    path = tmp_path / "file"
    if before is not None:
        path.write_bytes(before)
    with pytest.raises(failure), whole_file(path) as file:
        file.write(b"half")
        raise failure
    assert names(tmp_path) == (set() if before is None else {"file"})
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_disk_that_refuses_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(Path if call == "replace" else os, call, refuse)
        write_whole(path, b"new")
    assert (path.read_bytes(), names(tmp_path)) == (b"old", {"file"})


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What reached the disk, in its order: files and directories that were flushed, with the names in the latter."""
    flush, told = os.fsync, list[str]()

    def fsync(descriptor: int) -> None:
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        size = os.fstat(descriptor).st_size
        told.append(f"names {sorted(os.listdir(descriptor))}" if is_directory else f"{size} bytes")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return told


@pytest.mark.parametrize("over", [True, False])
def test_content_is_on_disk_before_its_name_and_the_name_before_the_end(
    tmp_path: Path, on_disk: list[str], over: bool
) -> None:
    write_whole(tmp_path / "file", b"new", over=over)
    assert on_disk == ["3 bytes", "names ['file']"]


@pytest.mark.parametrize(("number", "is_told"), [(errno.EINVAL, False), (errno.ENOTSUP, False), (errno.EIO, True)])
def test_a_file_system_without_a_flush_of_directories_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_told: bool
) -> None:
    flush = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    told: list[int | None] = []
    try:
        write_whole(tmp_path / "file", b"new")
    except OSError as error:
        told.append(error.errno)
    assert (told, names(tmp_path)) == ([number] if is_told else [], {"file"})


def test_what_killed_processes_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    left, fresh, other = ".koru-0123456789abcdef", ".koru-0123456789abcdee", ".koru-0123456789abcdeX"
    for name in (left, fresh, other, "state"):
        (tmp_path / name).write_bytes(b"half")
        when = (tmp_path / name).stat().st_mtime - (0 if name == fresh else SWEEP_AFTER_S + 1)
        os.utime(tmp_path / name, (when, when))
    (tmp_path / ".koru-1123456789abcdef").symlink_to("state")
    assert sweep(tmp_path) == 1
    assert names(tmp_path) == {fresh, other, "state", ".koru-1123456789abcdef"}


def test_a_named_leftover_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".file").write_bytes(b"half")
    write_whole(tmp_path / "file", b"new", beside=".file")
    assert ((tmp_path / "file").read_bytes(), names(tmp_path)) == (b"new", {"file"})


def test_a_file_that_is_there_is_not_replaced_where_it_must_not_be(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"first", over=False)
    with pytest.raises(FileExistsError):
        write_whole(path, b"second", over=False)
    assert (path.read_bytes(), names(tmp_path)) == (b"first", {"file"})
    assert path.stat().st_nlink == 1


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"theirs")
    (tmp_path / "file").symlink_to("target")
    write_whole(tmp_path / "file", b"ours")
    assert (tmp_path / "target").read_bytes() == b"theirs"
    assert not (tmp_path / "file").is_symlink()


@pytest.mark.parametrize("place", [".", "/", "missing/file"])
def test_a_place_for_no_file_is_an_oserror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match=r".+"):
        write_whole(place, b"x")
    assert names(tmp_path) == set()


# --- private directories and keys ------------------------------------------------------------------------------------


def test_every_missing_directory_is_made_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_directories(tmp_path / "a" / "b")
        os.close(private_directory(tmp_path / "c" / "d"))
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / part).stat().st_mode) for part in ("a", "a/b", "c", "c/d")]
    assert modes == [0o700] * 4


def test_the_name_of_every_made_directory_is_on_disk(tmp_path: Path, on_disk: list[str]) -> None:
    make_directories(tmp_path / "a" / "b")
    assert on_disk == ["names ['a']", "names ['b']"]
    os.close(private_directory(tmp_path / "a" / "c"))
    assert on_disk[2:] == ["names ['b', 'c']"]


def opened_to_others(path: Path) -> None:
    path.mkdir()
    path.chmod(0o750)


def a_link(path: Path) -> None:
    path.with_name("real").mkdir(mode=0o700)
    path.symlink_to("real")


@pytest.mark.parametrize(
    ("make", "fault"), [(opened_to_others, "mode"), (a_link, "link"), (lambda path: path.write_bytes(b""), "kind")]
)
def test_a_directory_that_is_not_private_is_a_fault(tmp_path: Path, make: Callable[[Path], object], fault: str) -> None:
    make(tmp_path / "place")
    with pytest.raises(NotPrivate) as caught:
        private_directory(tmp_path / "place")
    assert caught.value.fault == fault


def test_rights_of_others_are_taken_away_where_that_is_allowed(tmp_path: Path) -> None:
    opened_to_others(tmp_path / "place")
    os.close(private_directory(tmp_path / "place", mend=True))
    assert stat.S_IMODE((tmp_path / "place").stat().st_mode) == 0o700


def test_a_key_behind_a_link_is_read_only_where_an_operator_may_have_put_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "key", b"0123456789")
    (tmp_path / "link").symlink_to("key")
    assert read_private(tmp_path / "key", 4) == b"0123"
    assert read_private(tmp_path / "link", 64, placed=True) == b"0123456789"
    with pytest.raises(OSError, match=r".+"):
        read_private(tmp_path / "link", 64)


@pytest.mark.parametrize("placed", [True, False])
@pytest.mark.parametrize(("spoil", "fault"), [(lambda path: path.chmod(0o640), "mode"), (os.mkfifo, "kind")])
def test_a_key_that_others_can_read_is_a_fault(
    tmp_path: Path, placed: bool, spoil: Callable[[Path], object], fault: str
) -> None:
    path = tmp_path / "key"
    if fault == "mode":
        write_whole(path, b"key")
    spoil(path)
    with pytest.raises(NotPrivate) as caught:
        read_private(path, 64, placed=placed)
    assert caught.value.fault == fault


# --- owners ----------------------------------------------------------------------------------------------------------
# Who runs the tests owns every file that they make: the system's word for the owner is replaced.

WE, ANOTHER, ROOT = 1000, 1001, 0


def owned(found: os.stat_result, owner: int) -> os.stat_result:
    return os.stat_result([*found[:4], owner, *found[5:10]])


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, str], list[int]]:
    """We are WE, and what is looked at by descriptor, by path, or both belongs to that user; the descriptors."""
    by_path, by_descriptor, looked_at = Path.lstat, os.fstat, list[int]()

    def owner(user: int, looked: str) -> list[int]:
        def fstat(descriptor: int) -> os.stat_result:
            looked_at.append(descriptor)
            return owned(by_descriptor(descriptor), WE if looked == "path" else user)

        def lstat(path: Path) -> os.stat_result:
            return owned(by_path(path), WE if looked == "descriptor" else user)

        monkeypatch.setattr(os, "geteuid", lambda: WE)
        monkeypatch.setattr(os, "fstat", fstat)
        monkeypatch.setattr(Path, "lstat", lstat)
        return looked_at

    return owner


def is_open(descriptor: int) -> bool:
    try:
        os.close(os.dup(descriptor))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("mend", [True, False])
@pytest.mark.parametrize("user", [ANOTHER, ROOT])
@pytest.mark.parametrize("looked", ["path", "descriptor", "both"])
def test_a_directory_of_another_user_is_a_fault_however_it_is_looked_at(
    tmp_path: Path, owner: Callable[[int, str], list[int]], user: int, looked: str, mend: bool
) -> None:
    opened_to_others(tmp_path / "place")
    if not mend:
        (tmp_path / "place").chmod(0o700)
    looked_at = owner(user, looked)
    with pytest.raises(NotPrivate) as caught:
        private_directory(tmp_path / "place", mend=mend)
    assert (caught.value.fault, caught.value.found.st_uid) == ("owner", user)
    assert len(looked_at) == (looked == "descriptor")
    assert not any(map(is_open, looked_at))
    assert stat.S_IMODE((tmp_path / "place").stat().st_mode) == (0o750 if mend else 0o700)


@pytest.mark.parametrize(
    ("user", "placed", "is_read"),
    [(WE, False, True), (WE, True, True), (ROOT, True, True), (ROOT, False, False)]
    + [(ANOTHER, placed, False) for placed in (True, False)],
)
def test_a_key_is_ours_or_where_it_was_placed_of_root(
    tmp_path: Path, owner: Callable[[int, str], list[int]], user: int, placed: bool, is_read: bool
) -> None:
    write_whole(tmp_path / "key", b"key")
    looked_at = owner(user, "both")
    if is_read:
        assert read_private(tmp_path / "key", 64, placed=placed) == b"key"
    else:
        with pytest.raises(NotPrivate) as caught:
            read_private(tmp_path / "key", 64, placed=placed)
        assert caught.value.fault == "owner"
    assert [is_open(descriptor) for descriptor in looked_at] == [False]


# --- pauses ----------------------------------------------------------------------------------------------------------


def test_pauses_double_up_to_their_bound() -> None:
    assert list(islice(growing_pauses(0.25, 5.0), 7)) == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert list(islice(growing_pauses(1.0), 4)) == [1.0, 2.0, 4.0, 8.0]
