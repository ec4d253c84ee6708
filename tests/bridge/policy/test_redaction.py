"""Secrets of every known shape are taken out, ordinary text is left as it is, and no text takes long."""

import json
import re
import signal
import string
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.policy.custom_pattern import custom_shape
from bridge.policy.listed_shapes import listed_shapes
from bridge.policy.redaction import STRUCTURE, Redactor
from tests.bridge.policy.rule_examples import FAKE

CASES = Path(__file__).parents[2] / "policy"
REDACTOR = Redactor(b"k" * 32)
FILLERS = {
    "": "FAKEfake01",
    "hex": "fa0ce123",
    "upper": "FAKEFAKE23",
    "mix": FAKE,
    "mix58": FAKE.replace("0", "").replace("l", ""),
    "mixhex": "fa0ce123b4d56789",
    "low": FAKE.lower()[:42],
    "caps": FAKE.upper()[:42],
    "letters": "".join(filter(str.isalpha, FAKE)),
    "digits": "1234567890",
    "ah": "fa0cehg12345b678d9",
}
MILLION = 1_000_000
BOUND_S = 30.0


def filled(part: str) -> str:
    """`{36}` becomes 36 obviously fake characters, so that no file of ours looks as if it held a secret."""

    def fill(match: re.Match[str]) -> str:
        return "".join(islice(cycle(FILLERS[match[1] or ""]), int(match[2])))

    return re.sub(r"\{(?:(\w+):)?(\d+)\}", fill, part)


def cases() -> list[Any]:
    lines = (CASES / "secrets.jsonl").read_bytes().rstrip(b"\n").split(b"\n")
    return [pytest.param(case, id=case["name"]) for case in map(json.loads, lines)]


AROUND = [("", ""), ("see ", " for it"), ("line\n", "\nline"), ("export VALUE=", "\n"), ('{"value": "', '"}')]


@pytest.mark.parametrize("case", cases())
@pytest.mark.parametrize(("left", "right"), AROUND)
def test_known_shapes(case: dict[str, Any], left: str, right: str) -> None:
    secret = "".join(map(filled, case["secret"]))
    before, after = left + case.get("before", ""), case.get("after", "") + right
    redacted = REDACTOR.redact(before + secret + after)
    assert re.fullmatch(
        rf"\[redacted:{case['kind']}#[0-9a-f]{{8}}\]", redacted[len(before) : len(redacted) - len(after)]
    )
    assert (redacted[: len(before)], redacted[len(redacted) - len(after) :]) == (before, after)


@pytest.mark.parametrize("line", (CASES / "ordinary.txt").read_text(encoding="utf-8").rstrip("\n").split("\n"))
def test_ordinary_text_survives(line: str) -> None:
    assert REDACTOR.redact(line) == line


def test_the_code_of_the_project_survives() -> None:
    root = Path(__file__).parents[3]
    sources = [path for folder in ("observers", "injectors", "bridge/drive", "bridge/daemon", "bridge/cli")
               for path in sorted((root / folder).rglob("*.py"))]  # fmt: skip
    assert len(sources) > 50
    changed = {path.name: REDACTOR.find(text) for path in sources
               if REDACTOR.redact(text := path.read_text(encoding="utf-8")) != text}  # fmt: skip
    assert changed == {}


TOKEN = "ghp" + "_" + filled("{36}")


def test_placeholders_are_stable_and_tell_nothing() -> None:
    first = REDACTOR.redact(TOKEN)
    assert REDACTOR.redact(f"again {TOKEN}") == f"again {first}"
    assert REDACTOR.redact(TOKEN + "x") != first
    assert Redactor(b"another").redact(TOKEN) != first


def test_a_body_keeps_its_structure() -> None:
    body = {"params": {"text": TOKEN, "deadline_ms": 1}, "cursor": TOKEN, "list": [TOKEN, None], "text_sha": "a" * 64}
    placeholder = REDACTOR.redact(TOKEN)
    assert REDACTOR.redact_body(body) == {
        "params": {"text": placeholder, "deadline_ms": 1},
        "cursor": TOKEN,
        "list": [placeholder, None],
        "text_sha": "a" * 64,
    }
    assert "text" not in STRUCTURE


PIECES = [
    TOKEN, "password", "token", "=", ":", " ", '"', "'", "\\", "://", "@", "bearer ", "hunter2", "is", "-", "\n", ";",
    "-----BEGIN PRIVATE KEY-----", "-----END", "eyJ", ".", "A1" * 30, "curl -u a:", "--", "[", "]", "{", "redacted",
    "#",
]  # fmt: skip
around = st.lists(st.sampled_from(PIECES[1:]), max_size=25).map("".join)
texts = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@given(texts)
def test_redacting_again_changes_nothing(text: str) -> None:
    once = REDACTOR.redact(text)
    assert REDACTOR.redact(once) == once


@given(around, around)
def test_a_token_is_gone_whatever_stands_around_it(left: str, right: str) -> None:
    assert TOKEN not in REDACTOR.redact(f"{left} {TOKEN} {right}")


@given(st.text())
def test_text_without_anchors_is_the_same(text: str) -> None:
    plain = "".join(c for c in text if c in string.punctuation + " äöü\u2028") + text[:3]
    assert REDACTOR.redact(plain) == plain


UNITS = [*PIECES, "a", "ghp_", "eyJaaaaaaaa.", "://a:", "://a:b@ ", "password ", "password='", 'password="a',
         "token: a.b", "SG." + "a" * 16 + ".", "passpwdtokensecretkey", "key=", "AccountKey=", "; pwd=",
         # What costs most of the rule list, and all its words.
         "xoxd-", "glpat-", "zai", "alibaba:=", "sk-api-", "aliyun key : ", "iVBORw0KGgo/+AAA", FAKE,
         "machine a login ", "1//0", "perm:aaaaaa.aaaa.", '"auth":"aaaaaaaa', "LS0tLS1CRUdJTi", "?sig=", "SK",
         "discord M",
         " = ".join(sorted({anchor for shape in listed_shapes() for anchor in shape.anchors}))]  # fmt: skip


@pytest.fixture
def processor_bound() -> Iterator[None]:
    """Ends what would never end: matching that is quadratic needs hours for a million characters."""

    def give_up(number: int, frame: object) -> None:
        raise TimeoutError(f"still at it after {BOUND_S} s of processor time")

    before = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, BOUND_S)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit[:20])
def test_a_million_characters_are_no_trap(unit: str, processor_bound: None) -> None:
    REDACTOR.redact(unit * (MILLION // len(unit)))


def test_the_bound_can_be_passed(processor_bound: None) -> None:
    signal.setitimer(signal.ITIMER_PROF, 0.01)
    with pytest.raises(TimeoutError):
        re.search("(?:a|a)*+b", "a" * 30 + "c" + "a" * 50_000_000)


def test_the_operators_own_patterns() -> None:
    redactor = Redactor(b"k", [custom_shape("corp", r"corp_[A-Za-z0-9]{20,64}"), custom_shape("badge", r"BDG-\d+")])
    redacted = redactor.redact(f"x corp_{'a1' * 12} and BDG-1234.")
    assert re.fullmatch(r"x \[redacted:corp#\w{8}\] and \[redacted:badge#\w{8}\]\.", redacted)


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("[a-z]+x", "literal"),
        ("ab+", "literal"),
        ("(abc)+", "groups"),
        ("abc|d", "alternatives"),
        ("abc.*", "are not for patterns"),
        ("abc[z-a]", "not a pattern"),
        ("abcx{5,2}", "repeat"),
        ("abcx{9999}", "repeat"),
        ("abc[", "are not for patterns"),
        ("abc++", "are not for patterns"),
        ("", "characters"),
    ],
)
def test_patterns_that_are_refused(pattern: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        custom_shape("mine", pattern)


@given(st.text(alphabet="abc[]{}()*+?.,19|\\^$-dw", max_size=30).map("abc".__add__), st.integers(1, 3))
def test_a_pattern_is_either_refused_or_fast(pattern: str, times: int) -> None:
    try:
        shape = custom_shape("mine", pattern)
    except ValueError:
        return
    Redactor(b"k", [shape]).redact("abcabcab1cc9" * 1000 * times)
