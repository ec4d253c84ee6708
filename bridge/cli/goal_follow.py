"""Follows one goal on a terminal: shows it, takes answers to its questions, and asks before Ctrl-C stops it."""

import select
import sys

from bridge.cli.goal_progress import Live
from bridge.cli.output import emit
from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    View = dict[str, Any]

ENDED = ("accepted", "stopped")
CAUSE_EXIT = {"budget": 9, "blocked": 1, "failed": 8, "repeat": 8, "regression": 8, "operator": 130}
EXIT_ASKS = 7
TICK_S = 0.5
REFRESH_TICKS = 10
STOP_WORDS = "\nkoru: stop the goal? y stops it, d leaves it running in the daemon, anything else goes on: "


def exit_status(view: "View") -> int:
    """0 accepted; 1 blocked, 7 asks, 8 failed, 9 out of budget, 130 stopped by a person."""
    if view["state"] == "accepted":
        return 0
    return CAUSE_EXIT[view["cause"]] if view["state"] == "stopped" else EXIT_ASKS


class Follower:
    """`patient`: wait for the answer to a question, also where nobody could type one."""

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

    def run(self) -> "View":
        """Until the goal has ended, asks what nobody here can answer, or is left to the daemon; the last view."""
        self._client.request("events/subscribe", {"goal_id": self._view["goal_id"]})
        self._refresh()
        ticks = 0
        while self._view["state"] not in ENDED:
            try:
                self._show()
                if self._view["state"] == "asking" and not self._patient:
                    break
                self._tick()
                ticks += 1
                if ticks % REFRESH_TICKS == 0:
                    self._refresh()
            except KeyboardInterrupt:
                if self._interrupted():
                    break
        self._live.leave() if self._prompted else None
        self._show()
        return self._view

    def _tick(self) -> None:
        for method, told in self._client.notifications(TICK_S):
            if method == "events/event" and told.get("goal"):
                self._view = told["goal"]
                if self._events and told["seq"]:
                    emit({"seq": told["seq"], "kind": told["kind"], "at_ms": told["at_ms"], "goal": self._view})
                return
        self._take_answer()

    def _refresh(self) -> None:
        self._view = self._client.request("goals/get", {"goal_id": self._view["goal_id"]})

    def _show(self) -> None:
        question = self._view.get("question")
        if self._types and question and self._prompted == question["question_id"]:
            return  # somebody may be typing
        if not self._as_json:
            self._live.show(self._view)
        if self._types and question:
            self._prompted = question["question_id"]
            self._live.leave()
            print("answer (one line): ", end="", file=sys.stderr, flush=True)

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
            self._client.request("goals/answer", params)
        except BridgeError as error:
            if error.reason is not Reason.QUESTION_GONE:
                raise
            print(f"koru: {error.message}", file=sys.stderr)
        self._prompted = None

    def _interrupted(self) -> bool:
        """The first time it is asked what to do, the second time the goal is stopped. True: leave it alone."""
        word = "y"
        if not self._asked_to_stop:
            self._asked_to_stop = True
            if not self._types:
                print("koru: Ctrl-C again stops the goal", file=sys.stderr, flush=True)
                return False
            word = _read_word()
        self._live.leave()
        if word == "y":
            self._client.request("goals/stop", {"goal_id": self._view["goal_id"]})
        elif word != "d":
            self._asked_to_stop = False
        return word == "d"


def _read_word() -> str:
    try:
        print(STOP_WORDS, end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return "y"
