"""Goals of a daemon that was killed: every state that the disk can be in, and what was waited for then."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.ledger.verdict import verify
from bridge.protocol.errors import BridgeError, Reason
from tests.daemon import eventually
from tests.fakeide.goals import Shop, failed_turn, turn

# Every state that the disk can be in: what stands before a row is what stands after the one before it.
POINTS = [
    "before_goal_started",
    *(f"after_goal_{row}" for row in ("started", "checked", "decided", "drafted")),
    *("after_accepted", "before_deliver", "after_deliver", "after_settled", "before_goal_driven"),
    *(f"after_goal_{row}" for row in ("driven", "checked:2", "reviewed", "checked:3", "decided:3")),
]


@pytest.mark.parametrize("point", POINTS)
def test_killed_and_started_again(point: str, daemon: Any, fake_ide: Callable[..., Any], tmp_path: Path) -> None:
    """Whatever the moment: no turn is driven twice, and the goal ends as it would have, or asks where it must."""
    daemon.start(fault=point)
    shop = Shop(daemon, tmp_path / "shop", fake_ide)
    shop.open(turn(1), turn(0))
    try:
        shop.pursue()
        accepted = True
    except BridgeError:
        accepted = False
    daemon.wait_killed()
    daemon.start()
    try:
        shop.ask("get")
    except BridgeError as error:
        assert error.reason is Reason.UNKNOWN_GOAL
        assert not accepted
        assert shop.prompts() == []
        return
    view = shop.until("accepted", "stopped", "asking")
    if view["state"] == "asking":
        assert (view["question"]["kind"], point.partition("_")[2]) == ("doubt", "deliver")
    else:
        assert view["state"] == "accepted", view
    assert len(shop.prompts()) == len(set(shop.prompts())) <= 2
    daemon.stop()
    assert verify(daemon.ledger).verdict == "intact"


def test_a_question_survives_a_restart(shop: Shop) -> None:
    shop.open(turn(2, "Which one?"), turn(0))
    shop.pursue()
    asked = shop.until("asking")["question"]
    assert shop.daemon.process is not None
    shop.daemon.process.kill()
    shop.daemon.process.wait(timeout=10)
    shop.daemon.start()
    again = shop.until("asking")["question"]
    assert again == asked
    with shop.daemon.client() as client:
        eventually(lambda: bool(client.request("sessions/list", {})["sessions"]), "the IDE is back")
    shop.ask("answer", question_id=asked["question_id"], text="The first.")
    assert shop.end()["state"] == "accepted"


def test_a_wait_and_a_queue_survive_a_restart(shop: Shop) -> None:
    shop.open(failed_turn("rate limited: try again in 5 minutes"), turn(0))
    shop.pursue("one")
    waiting = shop.until("waiting", goal_id="one")
    shop.pursue("two", text="the second goal")
    assert shop.daemon.process is not None
    shop.daemon.process.kill()
    shop.daemon.process.wait(timeout=10)
    shop.daemon.start()
    assert shop.until("waiting", goal_id="one")["wakes_at_ms"] == waiting["wakes_at_ms"]
    assert shop.ask("get", "two")["queued_behind"] == 1
    with shop.daemon.client() as client:
        eventually(lambda: bool(client.request("sessions/list", {})["sessions"]), "the IDE is back")
    shop.ask("stop", "one")
    assert shop.end("two")["state"] == "accepted"
    assert shop.ask("get", "one")["cause"] == "operator"


def test_an_answer_that_was_taken_survives_a_restart(shop: Shop) -> None:
    shop.open(turn(2, "Which one?"), turn(0))
    shop.pursue()
    asked = shop.until("asking")["question"]
    taken = shop.ask("answer", question_id=asked["question_id"], text="The first.")
    assert "question" not in taken
    assert shop.daemon.process is not None
    shop.daemon.process.kill()
    shop.daemon.process.wait(timeout=10)
    shop.daemon.start()
    assert shop.end()["state"] == "accepted", "it was not asked again"
    assert "The first." in shop.prompts()[1]
