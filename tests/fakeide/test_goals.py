"""Goals through a real daemon: red to green, questions, rate limits, stops, queues, and false claims."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.client import Client
from bridge.protocol.errors import BridgeError, Reason
from tests.daemon import eventually
from tests.fakeide.goals import END_S, REFUSED, SWALLOWED, Shop, failed_turn, koru, turn
from tests.standin.server import Standin

SECRET = "ghp_" + "a1B2c3D4e5" * 4


def rows(shop: Shop, kind: str) -> list[dict[str, Any]]:
    """The bodies of the goal's rows of a kind, as `koru goals report --json` tells them."""
    told = json.loads(koru(shop.daemon, "goals", "report", "g", "--json").stdout)["rows"]
    return [row["body"] for row in told if row["kind"] == kind]


def test_red_to_green_in_several_turns(shop: Shop) -> None:
    shop.open(turn(2), turn(1), turn(0))
    begun = shop.pursue()
    assert (begun["goal_id"], begun["workspace"]) == ("g", str(shop.folder))
    view = shop.end()
    assert (view["state"], view["decision"], view["turn"]) == ("accepted", "accept", 3), view
    first, second, third = shop.prompts()
    assert first.startswith("leave nothing\n")
    assert "3 failed" in first
    assert "Changed since the turn before:\n- left (+1 -1)" in second
    assert "I did something." in third, "what was tried is told"
    assert view["checks"][0]["state"] == "pass"
    checked = rows(shop, "goal_checked")
    git = ["git", "-C", str(shop.folder), "rev-parse", "HEAD"]
    revision = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    assert {row[side]["revision"] for row in checked for side in ("before", "after")} == {revision}
    assert all(row["before"]["dirty"] == row["after"]["dirty"] for row in checked)
    assert len({row["before"]["dirty"] for row in checked}) == 4, "each turn left other files"


def test_a_claim_of_success_is_no_success(shop: Shop) -> None:
    shop.open(turn(2, "All tests pass now!"), turn(1, "Done, everything is green."), turn(1, "Done."))
    shop.pursue(budget={"turns": 3, "ms": 600_000})
    view = shop.end()
    assert (view["state"], view["cause"]) == ("stopped", "budget"), view


@pytest.mark.parametrize(
    ("turns", "cause", "words", "drives"),
    [
        ([turn(3)], "repeat", "3 turns in a row: left fails", 3),
        ([turn(4), turn(5)], "regression", "5 failures, more than before for 2 turns", 2),
        ([failed_turn("error: the model is gone")], "failed", "the model is gone", 3),
        ([[{"write": {"path": "check.py", "text": "print('fine')"}}, *turn()]], "failed", "what a check reads", 1),
    ],
    ids=["repeat", "regression", "failing turns", "edited check"],
)
def test_it_stops_with_the_reason(
    turns: list[list[dict[str, Any]]], cause: str, words: str, drives: int, shop: Shop
) -> None:
    shop.open(*turns)
    shop.pursue()
    view = shop.end()
    assert (view["state"], view["cause"], len(shop.prompts())) == ("stopped", cause, drives), view
    assert words in view["reason"]


def test_a_check_that_its_command_names_is_protected_unasked(shop: Shop) -> None:
    shop.open([{"write": {"path": "check.py", "text": "print('fine')"}}, *turn(2)])
    shop.pursue(checks=[{**shop.terms()["checks"][0], "protect": []}])
    view = shop.end()
    assert (view["state"], view["cause"]) == ("stopped", "failed"), view
    assert "what a check reads was changed" in view["reason"]


@pytest.mark.parametrize(
    ("left", "more", "cause", "words"),
    [
        (0, {}, "blocked", "passes before the first turn"),
        (3, {"budget": {"turns": 0, "ms": 600_000}}, "budget", "nothing was driven"),
        (3, {"budget": {"turns": 6, "ms": 0}}, "budget", "nothing was driven"),
    ],
    ids=["passes already", "no turns", "no time"],
)
def test_nothing_is_driven_where_there_is_no_sense_in_it(
    left: int, more: dict[str, Any], cause: str, words: str, shop: Shop
) -> None:
    shop.leave(left)
    shop.open(turn(0))
    shop.pursue(**more)
    view = shop.end()
    assert (view["state"], view["cause"], shop.prompts()) == ("stopped", cause, [])
    assert words in view["reason"]


def test_a_check_that_cannot_be_run_stops_it_before_anything(shop: Shop) -> None:
    shop.open(turn(0))
    check = {**shop.terms()["checks"][0], "command": ["koru-no-such-command"]}
    shop.pursue(checks=[check])
    view = shop.end()
    assert (view["cause"], shop.prompts()) == ("blocked", [])
    assert "koru-no-such-command" in view["reason"]


def test_a_check_that_hangs_is_never_a_pass(shop: Shop) -> None:
    shop.open(turn(0))
    hanging = {**shop.terms()["checks"][0], "name": "hangs", "command": ["sleep", "615.5"], "timeout_ms": 500}
    shop.pursue(checks=[*shop.terms()["checks"], hanging], budget={"turns": 2, "ms": 600_000})
    view = shop.end()
    assert (view["state"], view["cause"]) == ("stopped", "budget")
    assert {check["name"]: check["state"] for check in view["checks"]} == {"left": "pass", "hangs": "unknown"}


def test_a_workspace_without_git(shop: Shop) -> None:
    subprocess.run(["rm", "-rf", str(shop.folder / ".git")], check=True)
    shop.open(turn(1), turn(0))
    shop.pursue()
    assert shop.end()["state"] == "accepted"


def test_a_question_is_asked_and_its_answer_is_driven(shop: Shop) -> None:
    shop.open(turn(2, "Which of the two should go first?"), turn(0))
    shop.pursue()
    view = shop.until("asking")
    question = view["question"]
    assert (question["kind"], question["text"]) == ("reply", "Which of the two should go first?")
    with pytest.raises(BridgeError) as caught:
        shop.ask("answer", question_id="q99", text="The first.")
    assert caught.value.reason is Reason.QUESTION_GONE
    shop.ask("answer", question_id=question["question_id"], text="The first, please.")
    assert shop.end()["state"] == "accepted"
    assert "The first, please." in shop.prompts()[1]


def test_notes_answer_in_a_persons_place_where_that_is_trusted(shop: Shop) -> None:
    shop.open(turn(2, "Which one?"), turn(0))
    notes: dict[str, Any] = {"on_question": "notes", "notes": ["Always the first."], "trust": "autonomous"}
    with pytest.raises(BridgeError) as caught:
        shop.pursue(**notes)
    assert caught.value.reason is Reason.NOT_PERMITTED
    assert "koru trust grant autonomous --interface vscode_native_send" in (caught.value.hint or "")
    with Client.connect(shop.daemon.socket, role="operator") as client:
        grant = {"workspace": str(shop.folder), "interface": "vscode_native_send", "level": "autonomous"}
        client.request("trust/set", grant)
    shop.pursue(**notes)
    view = shop.end()
    assert (view["state"], view["interface"]) == ("accepted", "vscode_native_send"), view
    assert "Always the first." in shop.prompts()[1]


ASK_FIRST = "rules: [{decision: ask, action: send, reason: look first}]\n"


def policy(shop: Shop, text: str) -> None:
    directory = shop.daemon.home / "config" / "koru"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "policy.yaml").write_text(text, encoding="utf-8")
    (directory / "policy.yaml").chmod(0o600)


def test_what_needs_an_approval_waits_for_the_person_who_gives_it(shop: Shop) -> None:
    policy(shop, ASK_FIRST)
    shop.open(turn(0))
    shop.pursue(approve=["another_interface"])
    eventually(lambda: bool(shop.ask("get").get("approval")), "it waits for an approval", END_S)
    view = shop.ask("get")
    assert view["activity"] == f"needs an approval: koru approvals show {view['approval']}"
    assert shop.prompts() == []
    with Client.connect(shop.daemon.socket, role="operator") as client:
        (asked,) = client.request("approvals/list", {"approval_id": view["approval"]})["approvals"]
        given = {"approval_id": view["approval"], "action_sha": asked["action_sha"], "approve": True}
        client.request("approvals/decide", given)
    assert shop.end()["state"] == "accepted"


def test_approvals_of_listed_interfaces_are_given_for_who_is_trusted_to(shop: Shop) -> None:
    policy(shop, ASK_FIRST)
    trusted(shop)
    shop.open(turn(1), turn(0))
    shop.pursue(approve=["vscode_native_send"], trust="autonomous")
    view = shop.end()
    assert (view["state"], len(shop.prompts())) == ("accepted", 2), view
    with shop.daemon.client() as client:
        approvals = client.request("approvals/list", {"everything": True})["approvals"]
    assert [approval["state"] for approval in approvals] == ["used", "used"], "each prompt has an approval of its own"


def test_a_denied_approval_stops_it(shop: Shop) -> None:
    policy(shop, "rules: [{decision: deny, action: send, reason: not here}]\n")
    shop.open(turn(0))
    shop.pursue()
    view = shop.end()
    assert (view["cause"], shop.prompts()) == ("blocked", []), view


NEEDS_INPUT, CANCELLED, COMPLETE = 4, 2, 1


def waiting(kind: str) -> list[dict[str, Any]]:
    facts = [{"kind": "submitted", "grade": "host"}, {"kind": "needs_input", "grade": "host", "detail": kind}]
    answer = {"answer": {"disposition": "done", "facts": facts}}
    return [{"turn": {"reply": "", "state": NEEDS_INPUT}}, answer]


def test_a_chat_that_waits_is_freed_for_the_answer_that_is_given_here(shop: Shop) -> None:
    shop.open(waiting("questionCarousel"), turn(0), cancel=CANCELLED)
    shop.pursue()
    question = shop.until("asking")["question"]
    assert question["kind"] == "pending"
    assert "questionCarousel" in question["text"]
    shop.ask("answer", question_id=question["question_id"], text="Blue, please.")
    assert shop.end()["state"] == "accepted"
    assert "Blue, please." in shop.prompts()[1]


def test_a_chat_that_stays_blocked_is_never_overrun(shop: Shop) -> None:
    """The cancel is claimed and nothing comes of it: no prompt may cancel the question by itself."""
    shop.open(waiting("questionCarousel"), turn(0))
    shop.pursue()
    question = shop.until("asking")["question"]
    shop.ask("answer", question_id=question["question_id"], text="Blue, please.")
    eventually(lambda: shop.ask("get")["activity"] == "frees the chat from its question", "it tries")
    shop.ask("stop")
    assert shop.end()["cause"] == "operator"
    assert len(shop.prompts()) == 1


def test_a_permission_is_given_in_the_ide_and_the_goal_goes_on(shop: Shop) -> None:
    shop.open(waiting("toolInvocation"))
    shop.pursue(notes=["Allow everything."])
    assert shop.until("asking")["question"]["kind"] == "pending"
    shop.leave(0)
    (file,) = shop.storage.rglob("*.jsonl")
    ended = {"kind": 1, "k": ["requests", 0, "modelState"], "v": {"value": COMPLETE, "completedAt": 1}}
    with file.open("a", encoding="utf-8") as opened:
        opened.write(json.dumps(ended) + "\n")
    view = shop.end()
    assert (view["state"], view["turn"]) == ("accepted", 1), view


def test_a_turn_that_runs_on_after_its_question_was_shown_asks_no_more(shop: Shop) -> None:
    """The store shows the question, then that the turn works again: a person answered in the IDE."""
    (asking, _) = waiting("toolInvocation")
    shop.open([asking, {"answer": {"disposition": "done", "facts": [{"kind": "submitted", "grade": "host"}]}}])
    shop.pursue()
    assert shop.until("asking")["question"]["kind"] == "pending"
    shop.leave(0)
    (file,) = shop.storage.rglob("*.jsonl")
    with file.open("a", encoding="utf-8") as opened:
        opened.write(json.dumps({"kind": 1, "k": ["requests", 0, "modelState"], "v": {"value": 0}}) + "\n")
    assert "question" not in shop.until("running")
    with file.open("a", encoding="utf-8") as opened:
        ended = {"value": COMPLETE, "completedAt": 1}
        opened.write(json.dumps({"kind": 1, "k": ["requests", 0, "modelState"], "v": ended}) + "\n")
    assert shop.end()["state"] == "accepted"


def trusted(shop: Shop) -> None:
    with Client.connect(shop.daemon.socket, role="operator") as client:
        grant = {"workspace": str(shop.folder), "interface": "vscode_native_send", "level": "autonomous"}
        client.request("trust/set", grant)


def judgement(**more: str) -> str:
    return json.dumps({"question": None, "answer": None, "next_step": None, "summary": "It worked.", **more})


@pytest.mark.parametrize("api", ["openai", "anthropic"])
def test_a_reviewer_answers_within_its_policy_and_is_paid_from_the_budget(api: str, shop: Shop) -> None:
    with Standin() as model:
        model.script(judgement(question="Which one?", answer="The second.", next_step="Begin with left."))
        url = model.openai if api == "openai" else model.anthropic
        reviewer = {"api": api, "model": "m", "url": url, "price_in": 1_000_000, "price_out": 1_000_000}
        trusted(shop)
        shop.open(turn(2, f"I could do either. The token is {SECRET}."), turn(0))
        shop.pursue(reviewer=reviewer, on_question="reviewer", trust="autonomous")
        view = shop.end()
        sent = json.dumps([request.body for request in model.requests])
    assert "I could do either." in sent
    assert SECRET not in sent, "a secret was sent to the model"
    assert (view["state"], view["summary"]) == ("accepted", "It worked."), view
    assert view["spent"]["tokens"] > 0
    assert view["spent"]["microdollars"] > 0
    second = shop.prompts()[1]
    assert "The second." in second
    assert second.endswith("Begin with left.")


@pytest.mark.parametrize("said", ["I declare that all checks pass!", judgement(verdict="accepted"), judgement()])
def test_no_word_of_a_reviewer_makes_a_success(said: str, shop: Shop) -> None:
    with Standin(otherwise=said) as model:
        shop.open(turn(2, "All done!"), turn(1, "All done!"))
        reviewer = {"api": "openai", "model": "m", "url": model.openai}
        shop.pursue(reviewer=reviewer, budget={"turns": 2, "ms": 600_000})
        view = shop.end()
        assert len(model.requests) == 2
    assert (view["state"], view["cause"]) == ("stopped", "budget")


def test_without_its_reviewer_a_goal_goes_on_by_rules(shop: Shop) -> None:
    shop.open(turn(2, "Which one?"), turn(0))
    shop.pursue(reviewer={"api": "openai", "model": "m", "url": "http://127.0.0.1:9/v1"})
    assert shop.until("asking")["question"]["text"] == "Which one?"
    shop.ask("stop")
    assert shop.end()["cause"] == "operator"


def test_an_answer_that_never_comes_is_told(shop: Shop) -> None:
    shop.open(turn(2, "Which one?"))
    shop.pursue(answer_ms=300)
    view = shop.end()
    assert (view["cause"], view["reason"]) == ("blocked", "nobody answered in the time given")


def test_a_rate_limit_is_waited_for_and_told(shop: Shop) -> None:
    shop.open(failed_turn("rate limited: Rate limit reached. Try again in 2 seconds."), turn(0))
    shop.pursue()
    waiting = shop.until("waiting", "accepted")
    assert waiting["state"] == "waiting", "the limit was not waited for"
    assert waiting["wakes_at_ms"] > waiting["created_at_ms"]
    assert shop.end()["state"] == "accepted"
    assert "cut off by a rate limit" in shop.prompts()[1]


def test_a_blocker_is_tried_three_times_and_then_told(shop: Shop) -> None:
    shop.open(REFUSED)
    shop.pursue(stop={"same_failure": 3, "same_blocker": 1, "growing": 2})
    view = shop.end()
    assert (view["cause"], shop.prompts()) == ("blocked", [])
    assert "input_busy" in view["reason"]


def test_what_nobody_knows_is_asked_and_never_sent_again(shop: Shop) -> None:
    shop.open(SWALLOWED, lookup={"state": "touched"}, store=False)
    shop.pursue()
    view = shop.until("asking")
    assert view["question"]["kind"] == "doubt"
    with shop.daemon.client() as client:
        drives = client.request("drive/list", {})["drives"]
    assert [drive["outcome"] for drive in drives] == ["unknown"]
    shop.ask("stop")
    assert shop.end()["cause"] == "operator"


def test_a_turn_that_never_ends_meets_its_deadline(shop: Shop) -> None:
    endless: list[dict[str, Any]] = [
        {"turn": {"state": 0, "reply": ""}},
        {"answer": {"disposition": "pending", "facts": []}},
    ]
    shop.open(endless, cancel=CANCELLED)
    shop.pursue(turn_ms=1000, budget={"turns": 1, "ms": 600_000})
    view = shop.end()
    assert view["cause"] == "budget"
    (driven,) = rows(shop, "goal_driven")
    assert driven["state"] == "wait_timeout"
    assert "it was asked to stop" in driven["reason"]
    eventually(lambda: shop.ended_as() == [CANCELLED], "the plugin was asked to cancel it")


def test_quiet_is_a_weak_sign_that_only_checks_can_confirm(shop: Shop) -> None:
    endless: list[dict[str, Any]] = [{"write": {"path": "left", "text": "0"}}, {"turn": {"state": 0, "reply": ""}}]
    shop.open([*endless, {"answer": {"disposition": "pending", "facts": []}}])
    shop.pursue(quiet_ms=1500)
    view = shop.end()
    assert (view["state"], len(shop.prompts())) == ("accepted", 1)
    assert "its end was not seen" in view["reason"]


def test_a_running_goal_is_stopped_and_its_turn_asked_to_stop(shop: Shop) -> None:
    endless: list[dict[str, Any]] = [
        {"turn": {"state": 0, "reply": ""}},
        {"answer": {"disposition": "pending", "facts": []}},
    ]
    shop.open(endless)
    shop.pursue()
    eventually(lambda: len(shop.prompts()) == 1, "the prompt is there")
    shop.ask("stop")
    view = shop.end()
    assert (view["state"], view["cause"]) == ("stopped", "operator")
    with shop.daemon.client() as client:
        assert client.request("drive/get", {"drive_id": "g.1"})["drive_id"] == "g.1"
        kinds = [row["kind"] for row in client.request("ledger/tail", {"limit": 500})["rows"]]
    assert "cancel" in kinds


def test_a_paused_goal_begins_no_turn(shop: Shop) -> None:
    shop.open([{"pause": 0.5}, *turn(2)], turn(0))
    shop.pursue()
    shop.ask("pause")
    view = shop.until("paused")
    driven = len(shop.prompts())
    assert driven <= 1
    shop.ask("resume")
    assert shop.end()["state"] == "accepted", view


def test_goals_of_one_surface_wait_for_each_other(shop: Shop) -> None:
    shop.open([{"pause": 0.3}, *turn(0)])
    shop.pursue("one", text="the first goal")
    assert shop.pursue("two", text="the second goal")["queued_behind"] == 1
    assert shop.end("one")["state"] == "accepted"
    view = shop.end("two")
    assert "passes before the first turn" in view["reason"], "the second finds what the first did"
    assert len(shop.prompts()) == 1


def test_goals_of_two_surfaces_run_side_by_side(shop: Shop, fake_ide: Callable[..., Any], tmp_path: Path) -> None:
    other = Shop(shop.daemon, tmp_path / "other", fake_ide, window="other-window")
    shop.open(turn(2, "Which one?"), turn(0))
    other.open(turn(0))
    shop.pursue("one")
    shop.until("asking", goal_id="one")
    other.pursue("two")
    assert other.end("two")["state"] == "accepted", "one that asks does not hold up the other"
    shop.ask("stop", "one")


def test_the_same_id_is_the_same_goal(shop: Shop) -> None:
    shop.open(turn(0))
    shop.pursue()
    assert shop.pursue()["goal_id"] == "g"
    with pytest.raises(BridgeError) as caught:
        shop.pursue(text="another")
    assert caught.value.reason is Reason.ID_CONFLICT
    shop.end()
    assert len(shop.prompts()) == 1


def test_only_an_operator_starts_and_answers(shop: Shop) -> None:
    shop.open(turn(0))
    with shop.daemon.client() as client, pytest.raises(BridgeError) as caught:
        client.request("goals/start", {"goal_id": "g", "terms": shop.terms()})
    assert caught.value.reason is Reason.NOT_PERMITTED


def test_without_a_surface_it_says_what_there_is(shop: Shop) -> None:
    with pytest.raises(BridgeError) as caught:
        shop.pursue()
    assert caught.value.reason is Reason.UNKNOWN_SURFACE


def test_every_change_is_told_to_who_listens(shop: Shop) -> None:
    shop.open(turn(1), turn(0))
    with shop.daemon.client() as client:
        client.request("events/subscribe", {"goal_id": "g"})
        shop.pursue()
        kinds: list[str] = []
        for method, params in client.notifications(END_S):
            assert method == "events/event"
            kinds.append(params["kind"])
            if params.get("goal", {}).get("state") == "accepted":
                break
    for kind in ("goal_started", "goal_checked", "goal_decided", "goal_drafted", "accepted", "settled", "turn", "goal"):
        assert kind in kinds
    assert kinds.count("goal_checked") == 3, "each row is told once"


@pytest.mark.parametrize(
    ("more", "words"),
    [({"workspace": "/nowhere-at-all"}, "there is no folder"), ({"prompts": "/nowhere-at-all"}, "folder of templates")],
)
def test_folders_that_are_not_there_are_refused_at_once(more: dict[str, Any], words: str, shop: Shop) -> None:
    shop.open(turn(0))
    with pytest.raises(BridgeError, match=words):
        shop.pursue(**more)
    assert shop.prompts() == []


def test_secrets_in_outputs_reach_neither_ledger_nor_prompt(shop: Shop) -> None:
    (shop.folder / "check.py").write_text(f"print('token {SECRET}'); raise SystemExit(1)", encoding="utf-8")
    shop.open(turn())
    shop.pursue(budget={"turns": 1, "ms": 600_000})
    shop.end()
    assert "[redacted:" in shop.prompts()[0]
    assert SECRET not in shop.prompts()[0]
    kept = b"".join(path.read_bytes() for path in shop.daemon.ledger.rglob("*") if path.is_file())
    assert SECRET.encode() not in kept
