"""A calibration is kept per product and version, privately, and a damaged one is refused rather than guessed."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.desk.calibration import Calibration, CalibrationStore
from injectors.base import Click, Declined, InputField

by_field = Calibration("Cursor", "1.2/3 beta", 800, 600, field=InputField("entry", "chat-input"))
by_click = Calibration("Code", "1.99", 800, 600, click=Click(left=400, from_bottom=50))


@pytest.mark.parametrize("calibration", [by_field, by_click])
def test_what_was_saved_is_loaded(tmp_path: Path, calibration: Calibration) -> None:
    store = CalibrationStore(tmp_path / "calibration")
    path = store.save(calibration, b"picture")
    assert CalibrationStore(path.parent).load(calibration.product, calibration.version) == calibration
    assert path.with_suffix(".png").read_bytes() == b"picture"
    assert store.load(calibration.product, "another version") is None


def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    path = CalibrationStore(tmp_path / "calibration").save(by_field, b"picture")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-20],
        lambda text: text.replace("800", '"wide"'),
        lambda text: text.replace('"product"', '"produkt"'),
        lambda text: "[]",
    ],
    ids=["cut off", "wrong type", "unknown key", "not an object"],
)
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, damage: Callable[[str], str]) -> None:
    store = CalibrationStore(tmp_path)
    path = store.save(by_click)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(Declined, match=path.name):
        store.load("Code", "1.99")


def test_the_position_follows_the_bottom_edge_and_stays_inside() -> None:
    click = Click(left=400, from_bottom=50)
    assert click.position(800, 600) == (400, 550)
    assert click.position(1000, 900) == (400, 850)
    with pytest.raises(Declined):
        click.position(300, 600)
    with pytest.raises(Declined):
        click.position(800, 40)
