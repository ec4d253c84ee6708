"""Directories and sockets: what is refused, what is mended, and with which rights things appear."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.daemon.socket import rundir
from bridge.protocol.errors import BridgeError, Reason

if TYPE_CHECKING:
    from tests.bridge.conftest import Home

SOMEBODY_ELSE = 65534


@pytest.fixture
def place(home: "Home") -> Iterator[Path]:
    """A private directory, and an umask that hides nothing."""
    before = os.umask(0)
    (home.root / "place").mkdir(mode=0o700)
    yield home.root / "place"
    os.umask(before)


def foreign(path: Path) -> Path:
    """Something of another user: ours given away if we may, else something every system has."""
    if os.geteuid() == 0:
        os.chown(path, SOMEBODY_ELSE, -1)
        return path
    return Path("/usr") if path.is_dir() else Path("/etc/passwd")


def reason_of(error: pytest.ExceptionInfo[BridgeError]) -> Reason:
    assert error.value.where, "an error of a path names the path"
    assert error.value.hint, "and the next step"
    return error.value.reason


# --- directories -----------------------------------------------------------------------------------------------------


def test_missing_directories_are_made_private(place: Path) -> None:
    rundir.make_private(place / "a" / "b", mend=False)
    assert [stat.S_IMODE((place / part).stat().st_mode) for part in ("a", "a/b")] == [0o700, 0o700]


def test_a_directory_open_to_others_is_mended_where_it_is_ours_by_rule(place: Path) -> None:
    (place / "koru").mkdir(mode=0o755)
    rundir.make_private(place / "koru", mend=True)
    assert stat.S_IMODE((place / "koru").stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_directory_open_to_others_that_the_operator_chose_is_refused_and_left(place: Path, mode: int) -> None:
    (place / "chosen").mkdir(mode=mode)
    with pytest.raises(BridgeError, match="open to other users") as error:
        rundir.make_private(place / "chosen", mend=False)
    assert reason_of(error) is Reason.SOCKET_UNSAFE
    assert stat.S_IMODE((place / "chosen").stat().st_mode) == mode


@pytest.mark.parametrize("mend", [True, False])
def test_a_linked_directory_is_refused(place: Path, mend: bool) -> None:
    (place / "real").mkdir(mode=0o700)
    (place / "link").symlink_to(place / "real")
    with pytest.raises(BridgeError, match="symbolic link") as error:
        rundir.make_private(place / "link", mend=mend)
    assert reason_of(error) is Reason.SOCKET_UNSAFE


@pytest.mark.parametrize("mend", [True, False])
def test_a_foreign_directory_is_refused_and_left(place: Path, mend: bool) -> None:
    (place / "theirs").mkdir(mode=0o777)
    theirs = foreign(place / "theirs")
    before = theirs.stat()
    with pytest.raises(BridgeError, match="belongs to user") as error:
        rundir.make_private(theirs, mend=mend)
    assert reason_of(error) is Reason.SOCKET_UNSAFE
    assert theirs.stat().st_mode == before.st_mode


def test_a_file_in_the_place_of_the_directory_is_refused(place: Path) -> None:
    (place / "file").touch()
    with pytest.raises(BridgeError, match="not a directory") as error:
        rundir.make_private(place / "file", mend=True)
    assert reason_of(error) is Reason.SOCKET_UNSAFE


def test_a_directory_below_a_file_cannot_be_made(place: Path) -> None:
    (place / "file").touch()
    with pytest.raises(BridgeError) as error:
        rundir.make_private(place / "file" / "below", mend=True)
    assert reason_of(error) is Reason.STATE_UNWRITABLE


# --- the socket ------------------------------------------------------------------------------------------------------


def test_the_socket_is_private_from_the_first_moment(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed_later(*_: object, **__: object) -> None:
        pytest.fail("rights that are taken away after the bind were there before")

    monkeypatch.setattr(os, "chmod", changed_later)
    monkeypatch.setattr(os, "fchmod", changed_later)
    listening = rundir.listen(place / "s")
    listening.socket.close()
    assert stat.S_IMODE((place / "s").lstat().st_mode) == 0o600
    assert os.umask(0) == 0, "the umask is as it was"


def test_a_socket_nobody_listens_on_is_replaced(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place / "s"))
    listening = rundir.listen(place / "s")
    with listening.socket, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(place / "s"))


def test_a_live_socket_is_left_alone(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as live:
        live.bind(str(place / "s"))
        live.listen()
        with pytest.raises(BridgeError, match="already listens") as error:
            rundir.listen(place / "s")
        assert reason_of(error) is Reason.SOCKET_UNSAFE
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(place / "s"))


def test_a_socket_whose_queue_is_full_counts_as_live(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as live, socket.socket(socket.AF_UNIX) as first:
        live.bind(str(place / "s"))
        live.listen(0)
        first.connect(str(place / "s"))
        with pytest.raises(BridgeError) as error:
            rundir.listen(place / "s")
    assert reason_of(error) is Reason.SOCKET_UNSAFE


def test_a_link_is_refused_and_what_it_points_at_is_left(place: Path) -> None:
    (place / "treasure").write_text("kept", encoding="utf-8")
    (place / "s").symlink_to(place / "treasure")
    with pytest.raises(BridgeError, match="symbolic link") as error:
        rundir.listen(place / "s")
    assert reason_of(error) is Reason.SOCKET_UNSAFE
    assert (place / "s").is_symlink()
    assert (place / "treasure").read_text(encoding="utf-8") == "kept"


def test_a_file_is_refused_and_left(place: Path) -> None:
    (place / "s").write_text("kept", encoding="utf-8")
    with pytest.raises(BridgeError, match="not a socket") as error:
        rundir.listen(place / "s")
    assert reason_of(error) is Reason.SOCKET_UNSAFE
    assert (place / "s").read_text(encoding="utf-8") == "kept"


def test_a_foreign_socket_is_refused_and_left(place: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a socket of another user")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place / "s"))
    foreign(place / "s")
    with pytest.raises(BridgeError, match="belongs to user") as error:
        rundir.listen(place / "s")
    assert reason_of(error) is Reason.SOCKET_UNSAFE
    assert (place / "s").lstat().st_uid == SOMEBODY_ELSE


def test_the_longest_path_works_and_one_byte_more_is_refused(place: Path) -> None:
    room = rundir.SUN_PATH_MAX_BYTES - len(os.fsencode(place)) - 1
    listening = rundir.listen(place / ("s" * room))
    listening.socket.close()
    with pytest.raises(BridgeError, match="longer than") as error:
        rundir.listen(place / ("s" * (room + 1)))
    assert reason_of(error) is Reason.USAGE


def test_remove_takes_our_socket_away_and_no_other(place: Path) -> None:
    listening = rundir.listen(place / "s")
    listening.socket.close()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(place / "other"))
    (place / "other").rename(place / "s")
    listening.remove()
    assert (place / "s").exists()

    again = rundir.listen(place / "s")
    again.socket.close()
    again.remove()
    again.remove()
    assert not (place / "s").exists()
