"""From a surface to a window: by process and folder, or by what the operator wrote; never by guessing."""

import os
from pathlib import Path

import pytest

from bridge.desk.calibration import Calibration, CalibrationStore
from bridge.desk.targets import aimed, ancestors, window_of
from bridge.drive.windows import Addressed, NamedWindow
from injectors.base import Click, Declined, InputField, Target
from injectors.blockers import BlockerWord

NAMED = NamedWindow("shop", "code", app="code", title="shop - ")
INPUT = InputField("entry", "Chat Input")


def test_the_operator_s_word_comes_first() -> None:
    assert window_of(Addressed("code", "1", ("/x",), os.getpid(), NAMED)) == Target(app="code", title="shop - ")


def test_a_local_ide_is_found_by_its_processes_and_its_folder() -> None:
    target = window_of(Addressed("code", "1", ("/home/ann/shop",), os.getpid()))
    assert {os.getpid(), os.getppid()} - {1} <= target.pids  # init may be what started the tests
    assert 1 not in target.pids
    assert target.title == "shop"


def test_a_remote_ide_without_a_name_is_declined() -> None:
    with pytest.raises(Declined) as refused:
        window_of(Addressed("code-server", "1", ("/x",)))
    assert refused.value.blocker is BlockerWord.TARGET_UNSPECIFIED
    assert "desk.yaml" in refused.value.hint


def test_ancestors_of_what_is_gone_or_strangely_named(tmp_path: Path) -> None:
    for pid, parent in ((9, 7), (7, 1)):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a ) S 3 (b) S {parent} 9 9", encoding="utf-8")
    assert ancestors(9, tmp_path) == {9, 7}
    assert ancestors(4, tmp_path) == {4}


def test_without_a_calibration_of_exactly_this_version_nothing_is_aimed_at(tmp_path: Path) -> None:
    store = CalibrationStore(tmp_path)
    store.save(Calibration("code", "1", 800, 600, INPUT))
    with pytest.raises(Declined) as refused:
        aimed(Addressed("code", "2", (), named=NAMED), store)
    assert refused.value.blocker is BlockerWord.FIELD_UNKNOWN
    assert aimed(Addressed("code", "1", (), named=NAMED), store).field == INPUT


def test_a_click_without_a_name_holds_for_one_size_of_the_window(tmp_path: Path) -> None:
    store = CalibrationStore(tmp_path)
    store.save(Calibration("code", "1", 800, 600, None, Click(400, 50), copyable=True))
    target = aimed(Addressed("code", "1", (), named=NAMED), store)
    assert target.copyable
    assert target.click is not None
    assert target.click.position(800, 600) == (400, 550)
    with pytest.raises(Declined, match="calibrated in a window"):
        target.click.position(801, 600)
    store.save(Calibration("code", "1", 800, 600, INPUT, Click(400, 50)))
    proven_by_name = aimed(Addressed("code", "1", (), named=NAMED), store).click
    assert proven_by_name is not None
    assert proven_by_name.position(1000, 700) == (400, 650)
