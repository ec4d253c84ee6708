"""Which drives a person is asked about: those of unknown outcome, until a word is said or they are sent again."""

import json

import pytest

from bridge.daemon.drives import unsettled as module
from bridge.daemon.drives.unsettled import Unsettled
from bridge.ledger.store import Row

UNKNOWN = {"outcome": "unknown", "reason": "by the deadline"}


def row(kind: str, body: dict[str, str], drive_id: str | None = "d") -> Row:
    return Row(1, 1, kind, drive_id, json.dumps(body), "", "")


def one() -> Unsettled:
    made = Unsettled()
    made.hear(row("settled", UNKNOWN))
    assert made.ids() == ["d"]
    return made


@pytest.mark.parametrize(("kind", "body"), [("marked", {"state": "submitted"}), ("resent", {"drive_id": "e"})])
def test_a_word_of_a_person_or_another_try_ends_it(kind: str, body: dict[str, str]) -> None:
    heard = one()
    heard.hear(row(kind, body))
    assert heard.ids() == []
    read_back = Unsettled()
    for told, said in (("settled", UNKNOWN), (kind, body)):
        read_back.apply(told, said, "d")
    assert read_back.ids() == []


@pytest.mark.parametrize("kind", ["fact", "late", "doubt", "turn", "cancel"])
def test_nothing_else_ends_it(kind: str) -> None:
    made = one()
    made.hear(row(kind, {}))
    made.apply(kind, {}, "d")
    assert made.ids() == ["d"]


def test_the_word_about_one_ends_no_other() -> None:
    made = one()
    made.apply("settled", UNKNOWN, "e")
    made.hear(row("marked", {"state": "submitted"}, "e"))
    assert made.ids() == ["d"]


@pytest.mark.parametrize("outcome", ["confirmed", "likely", "failed", "refused"])
def test_a_known_outcome_asks_no_person(outcome: str) -> None:
    made = Unsettled()
    made.hear(row("settled", {"outcome": outcome}))
    made.hear(row("settled", UNKNOWN, None))
    assert made.ids() == []


def test_beyond_the_most_the_oldest_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    made = Unsettled()
    for drive_id in ("a", "b", "c"):
        made.hear(row("settled", UNKNOWN, drive_id))
    assert made.ids() == ["b", "c"]
