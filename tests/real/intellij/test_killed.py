"""An IDE that is killed and comes back, a daemon that does, and an IDE with two projects."""

import pytest

from tests.daemon import eventually
from tests.real.intellij.conftest import Desk, said


def test_each_project_is_driven_by_its_own_folder(desk: Desk) -> None:
    for number, project in enumerate(desk.projects):
        text = f"for project {number + 1} alone"
        view = desk.drive(text, project=project)
        assert view["outcome"] == "confirmed", said(view)
        assert desk.turns(text) == 1
        lines = [line for path in desk.store.glob("*.jsonl") for line in path.read_text().splitlines() if text in line]
        assert all(f'"cwd":"{project}"' in line for line in lines), lines


def test_two_projects_are_driven_at_the_same_time(desk: Desk) -> None:
    texts = [f"at the same time {number}" for number in range(2)]
    drives = [desk.start(text, project=project) for text, project in zip(texts, desk.projects, strict=True)]
    views = [desk.wait(drive) for drive in drives]
    assert [view["outcome"] for view in views] == ["confirmed", "confirmed"], [said(view) for view in views]
    assert [desk.turns(text) for text in texts] == [1, 1]


def test_a_daemon_that_comes_back_finds_its_ide_again(desk: Desk) -> None:
    epoch = desk.attached()["epoch"]
    desk.daemon.stop()
    desk.daemon.start()
    desk.attached(after=epoch)
    assert desk.drive("after the daemon came back")["outcome"] == "confirmed"


@pytest.mark.parametrize("fault", ["before_deliver", "after_deliver"])
def test_a_daemon_killed_in_a_delivery_ends_truly(fault: str, desk: Desk) -> None:
    text = f"while the daemon died {fault}"
    desk.daemon.stop()
    desk.daemon.start(fault=fault)
    desk.attached()
    desk.start(text, drive_id=f"died-{fault}")
    desk.daemon.wait_killed()
    desk.daemon.start()
    desk.attached()
    view = desk.wait(f"died-{fault}")
    expected = {"before_deliver": ("refused", 0), "after_deliver": ("confirmed", 1)}[fault]
    assert (view["outcome"], desk.turns(text)) == expected, view


def test_an_ide_that_was_killed_is_the_same_window_and_keeps_its_journal(desk: Desk) -> None:
    before = desk.attached()
    assert desk.drive("before the kill", drive_id="kept")["outcome"] == "confirmed"
    journal = desk.ide.home / "ide-config/koru/journal.jsonl"
    eventually(lambda: '"drive_id":"kept","state":"submitted"' in journal.read_text(), "the journal has the last word")
    desk.ide.kill()
    desk.ide.start(*desk.projects)
    after = desk.attached(after=before["epoch"])
    assert (after["window_id"], after["pid"] == before["pid"]) == (before["window_id"], False)
    # The same id: the same answer, and no second turn.
    assert desk.drive("before the kill", drive_id="kept")["outcome"] == "confirmed"
    assert desk.drive("after the kill")["outcome"] == "confirmed"
    assert (desk.turns("before the kill"), desk.turns("after the kill")) == (1, 1)


def test_an_ide_killed_in_a_delivery_is_reconciled_from_its_journal(desk: Desk) -> None:
    before = desk.attached()
    journal = desk.ide.home / "ide-config/koru/journal.jsonl"
    # Send stays disabled for seconds: a delivery that is touched and not sent.
    drive_id = desk.start("killed in the middle", "mute")
    row = f'"drive_id":"{drive_id}","state":"touched"'
    eventually(lambda: row in journal.read_text(), "the delivery touched the input")
    desk.ide.kill()
    desk.ide.start(*desk.projects)
    desk.attached(after=before["epoch"])
    view = desk.wait(drive_id)
    assert view["outcome"] in ("unknown", "failed"), view
    assert desk.turns("killed in the middle") == 0
