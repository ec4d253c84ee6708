"""One goal on a terminal: shown live, its questions answered there, and Ctrl-C asked about before it stops the goal.

Used by `koru run` and `koru goals follow`.
"""

import select
import signal
import sys

from bridge.cli import exits
from bridge.cli.goals.progress import Live
from bridge.cli.output import emit
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    View = dict[str, Any]

ENDED = ("accepted", "stopped")
OF_CAUSE = {
    "budget": exits.SPENT,
    "blocked": exits.REFUSED,
    "failed": exits.FAILED,
    "repeat": exits.FAILED,
    "regression": exits.FAILED,
    "operator": exits.INTERRUPTED,
}
TICK_S = 0.5
REFRESH_TICKS = 10
STOP_WORDS = "\nkoru: stop the goal? y stops it, d leaves it running in the daemon, anything else goes on: "


def exit_status(view: "View") -> int:
    """0 accepted; 1 blocked, 7 asks or still runs, 8 failed, 9 out of budget, 130 stopped by a person."""
    if view["state"] == "accepted":
        return exits.DONE
    return OF_CAUSE[view["cause"]] if view["state"] == "stopped" else exits.ASKS


class GoalFollower:
    """`patient`: wait on while the goal asks, also where no answer can be typed. `events`: emit each row of the goal.

    An answer can be typed where stdin and stderr are a terminal and the output is not JSON.
    """

    def __init__(self, client: Client, view: "View", *, as_json: bool, patient: bool, events: bool = False) -> None:
        self._client = client
        self._view = view
        self._as_json = as_json
        self._events = events
        self._types = not as_json and sys.stdin.isatty() and sys.stderr.isatty()
        self._patient = patient or self._types
        self._live = Live()
        self._prompted: str | None = None
        self._asked_to_stop = False
        self._pressed = 0

    def run(self) -> "View":
        """Follow the goal until it has ended, asks without `patient`, or is left to the daemon; its last view."""
        # Ctrl-C is counted, not raised: an exception in the middle of a request would lose part of the answer.
        before = signal.signal(signal.SIGINT, self._press)
        try:
            self._client.request("events/subscribe", {"goal_id": self._view["goal_id"]})
            self._refresh()
            self._follow()
        finally:
            signal.signal(signal.SIGINT, before)
        self._live.leave() if self._prompted else None
        self._show()
        return self._view

    def _press(self, _number: int, _frame: object) -> None:
        self._pressed += 1

    def _follow(self) -> None:
        ticks = 0
        while self._view["state"] not in ENDED:
            self._show()
            if self._view["state"] == "asking" and not self._patient:
                return
            self._tick()
            ticks += 1
            if ticks % REFRESH_TICKS == 0:
                self._refresh()
            if self._pressed and self._left():
                return

    def _tick(self) -> None:
        if not self._hear():
            self._take_answer()

    def _hear(self) -> bool:
        """Take one notification; whether one about the goal came within TICK_S."""
        for method, told in self._client.notifications(TICK_S):
            if method == "events/event" and told.get("goal"):
                self._view = told["goal"]
                if self._events and told["seq"]:
                    emit({"seq": told["seq"], "kind": told["kind"], "at_ms": told["at_ms"], "goal": self._view})
                return True
        return False

    def _refresh(self) -> None:
        self._view = self._client.request("goals/get", {"goal_id": self._view["goal_id"]})

    def _show(self) -> None:
        question = self._view.get("question")
        if self._types and question and self._prompted == question["question_id"]:
            return  # an answer may be half typed: drawing would write into it
        if not self._as_json:
            self._live.show(self._view)
        if self._types and question:
            self._prompted = question["question_id"]
            self._live.leave()
            _prompt("answer (one line): ")

    def _take_answer(self) -> None:
        question = self._view.get("question")
        if not (self._types and question and select.select([sys.stdin], [], [], 0)[0]):
            return
        text = sys.stdin.readline()
        if not text:  # the terminal is closed: nothing more is read from it
            self._types = False
        elif text.strip():
            self._answer(question["question_id"], text.strip())

    def _answer(self, question_id: str, text: str) -> None:
        params = {"goal_id": self._view["goal_id"], "question_id": question_id, "text": text}
        try:
            self._view = self._client.request("goals/answer", params, timeout=15.0)
        except BridgeError as error:
            if error.reason is not Reason.QUESTION_GONE:
                raise
            print(f"koru: {error.message}", file=sys.stderr)

    def _left(self) -> bool:
        """After Ctrl-C: the first asks what to do, the second stops the goal. True: leave it to the daemon."""
        if self._pressed == 1 and not self._asked_to_stop and not self._types:
            self._asked_to_stop = True
            self._pressed = 0
            print("koru: Ctrl-C again stops the goal", file=sys.stderr, flush=True)
            return False
        word = self._ask_to_stop() if self._types else "y"
        self._pressed = 0
        self._live.leave()
        if word == "y":
            self._client.request("goals/stop", {"goal_id": self._view["goal_id"]})
        elif word != "d":
            self._prompted = None  # the question of the goal is printed again
        return word == "d"

    def _ask_to_stop(self) -> str:
        """The word that was typed; y for a second Ctrl-C.

        Notifications are read meanwhile, because the daemon drops a client that does not read.
        """
        _prompt(STOP_WORDS)
        while self._pressed < 2 and self._view["state"] not in ENDED:
            if select.select([sys.stdin], [], [], 0)[0]:
                return sys.stdin.readline().strip().lower()
            self._hear()
        print(file=sys.stderr)
        return "y" if self._pressed > 1 else ""


def _prompt(words: str) -> None:
    """Ask for a line. What was typed before is thrown away: it cannot be an answer."""
    import termios

    termios.tcflush(sys.stdin, termios.TCIFLUSH)
    print(words, end="", file=sys.stderr, flush=True)
