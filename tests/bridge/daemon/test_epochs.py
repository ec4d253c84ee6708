"""Numbers that only grow, whatever becomes of the file or the clock."""

from pathlib import Path

import pytest

from bridge.daemon.socket.epochs import BLOCK, Epochs
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.base import SAFE_INTEGER

NOW = 1_795_000_000_000


def test_numbers_grow_over_restarts_even_when_the_clock_goes_back(tmp_path: Path) -> None:
    seen = []
    for now in (NOW, NOW + 5, NOW - 86_400_000, 0):
        epochs = Epochs.reserve(tmp_path / "epochs", now_ms=now)
        seen += [epochs.next() for _ in range(3)]
    assert seen == sorted(set(seen))


def test_a_lost_file_is_replaced_by_the_clock(tmp_path: Path) -> None:
    first = Epochs.reserve(tmp_path / "epochs", now_ms=NOW).next()
    (tmp_path / "epochs").unlink()
    assert Epochs.reserve(tmp_path / "epochs", now_ms=NOW + 60_000).next() > first


@pytest.mark.parametrize("content", ["", "garbage", "\u0661"])
def test_an_unreadable_number_is_replaced_by_the_clock(tmp_path: Path, content: str) -> None:
    (tmp_path / "epochs").write_text(content, encoding="utf-8")
    assert Epochs.reserve(tmp_path / "epochs", now_ms=NOW).next() == NOW


def test_every_number_was_reserved_on_disk_before_it_was_used(tmp_path: Path) -> None:
    epochs = Epochs.reserve(tmp_path / "epochs", now_ms=NOW)
    assert epochs.next() < int((tmp_path / "epochs").read_text(encoding="ascii")) == NOW + BLOCK


def test_a_used_up_block_is_an_error_and_not_a_repetition() -> None:
    epochs = Epochs(7, 8)
    assert epochs.next() == 7
    with pytest.raises(BridgeError) as error:
        epochs.next()
    assert error.value.reason is Reason.OVERLOADED


def test_there_is_room_for_a_restart_every_minute_of_a_century() -> None:
    assert NOW + BLOCK * 100 * 366 * 24 * 60 < SAFE_INTEGER


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(BridgeError) as error:
        Epochs.reserve(tmp_path / "missing" / "epochs", now_ms=NOW)
    assert error.value.reason is Reason.STATE_UNWRITABLE
    assert error.value.where == str(tmp_path / "missing" / "epochs")
