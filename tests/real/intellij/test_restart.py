"""An IDE that is killed and comes back, a daemon that does, and an IDE with two projects."""

from collections.abc import Callable

import pytest

from tests.daemon import eventually
from tests.real.intellij.conftest import Desk, said

MakeDesk = Callable[..., Desk]


@pytest.fixture(scope="module")
def pair(make_desk: MakeDesk) -> Desk:
    """An IDE with two projects open."""
    return make_desk(2)


def test_each_project_is_driven_by_its_own_folder(pair: Desk) -> None:
    for number, project in enumerate(pair.projects):
        text = f"for project {number + 1} alone"
        view = pair.drive(text, project=project)
        assert view["outcome"] == "confirmed", said(view)
        assert pair.turns(text) == 1
        lines = [line for path in pair.store.glob("*.jsonl") for line in path.read_text().splitlines() if text in line]
        assert all(f'"cwd":"{project}"' in line for line in lines), lines


def test_two_projects_are_driven_at_the_same_time(pair: Desk) -> None:
    texts = [f"at the same time {number}" for number in range(2)]
    drives = [pair.start(text, project=project) for text, project in zip(texts, pair.projects, strict=True)]
    views = [pair.wait(drive) for drive in drives]
    assert [view["outcome"] for view in views] == ["confirmed", "confirmed"], [said(view) for view in views]
    assert [pair.turns(text) for text in texts] == [1, 1]


def test_a_daemon_that_comes_back_finds_its_ide_again(pair: Desk) -> None:
    epoch = pair.attached(surfaces=10)["epoch"]
    pair.daemon.stop()
    pair.daemon.start()
    pair.attached(after=epoch, surfaces=10)
    assert pair.drive("after the daemon came back")["outcome"] == "confirmed"


@pytest.mark.parametrize("fault", ["before_deliver", "after_deliver"])
def test_a_daemon_killed_in_a_delivery_ends_truly(fault: str, pair: Desk) -> None:
    text = f"while the daemon died {fault}"
    pair.daemon.stop()
    pair.daemon.start(fault=fault)
    pair.attached(surfaces=10)
    pair.start(text, drive_id=f"died-{fault}")
    pair.daemon.wait_killed()
    pair.daemon.start()
    pair.attached(surfaces=10)
    view = pair.wait(f"died-{fault}")
    expected = {"before_deliver": ("refused", 0), "after_deliver": ("confirmed", 1)}[fault]
    assert (view["outcome"], pair.turns(text)) == expected, view


def test_an_ide_that_was_killed_is_the_same_window_and_keeps_its_journal(pair: Desk) -> None:
    before = pair.attached(surfaces=10)
    assert pair.drive("before the kill", drive_id="kept")["outcome"] == "confirmed"
    journal = pair.ide.home / "ide-config/koru/journal.jsonl"
    eventually(lambda: '"drive_id":"kept","state":"submitted"' in journal.read_text(), "the journal has the last word")
    pair.ide.kill()
    pair.ide.start(*pair.projects)
    after = pair.attached(after=before["epoch"], surfaces=10)
    assert (after["window_id"], after["pid"] == before["pid"]) == (before["window_id"], False)
    # The same id: the same answer, and no second turn.
    assert pair.drive("before the kill", drive_id="kept")["outcome"] == "confirmed"
    assert pair.drive("after the kill")["outcome"] == "confirmed"
    assert (pair.turns("before the kill"), pair.turns("after the kill")) == (1, 1)


def test_an_ide_killed_in_a_delivery_is_reconciled_from_its_journal(pair: Desk) -> None:
    before = pair.attached(surfaces=10)
    journal = pair.ide.home / "ide-config/koru/journal.jsonl"
    # Send stays disabled for seconds: a delivery that is touched and not sent.
    drive_id = pair.start("killed in the middle", "mute")
    row = f'"drive_id":"{drive_id}","state":"touched"'
    eventually(lambda: row in journal.read_text(), "the delivery touched the input")
    pair.ide.kill()
    pair.ide.start(*pair.projects)
    pair.attached(after=before["epoch"], surfaces=10)
    view = pair.wait(drive_id)
    assert view["outcome"] in ("unknown", "failed"), view
    assert pair.turns("killed in the middle") == 0
