"""The rule list taken in as data: every rule is run or left out for a reason, finds its secret, and costs little."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.policy.anchors import AnchorIndex
from bridge.policy.listed_shapes import bits_a_character, listed_shapes
from bridge.policy.redaction import Redactor
from bridge.policy.secret_rules import generate
from bridge.policy.secret_rules.bounds import STEPS_MOST, beginning, cost, hardened
from bridge.policy.secret_rules.filters import Demand, demand
from bridge.policy.secret_rules.syntax import Pattern, read, written
from bridge.policy.secret_rules.upstream import LICENCE, PATH, ListedRule, rules, taken
from tests.bridge.policy.rule_examples import FAKE, example

ROOT = Path(__file__).parents[3]
REDACTOR = Redactor(b"k" * 32)
DOCUMENT: dict[str, Any] = json.loads(generate.TARGET.read_bytes())
VERSION, UPSTREAM = rules(PATH.read_text(encoding="utf-8"))
RUN = [rule for rule in UPSTREAM if rule.id not in DOCUMENT["left_out"]]
TRIED = 50_000  # characters
BOUND_S = 1.0  # CPU seconds; the dearest text takes 0.03 on a slow machine, and what is quadratic takes minutes
AROUND = [("", ""), ("see ", " for it"), ("it is ", ", and more"), ("(", ")"), ("a\n", "\nb"), ('{"a": "', '\\n"}')]


@cache
def tree(rule: ListedRule) -> Pattern:
    return generate.tree_of(rule)


def pattern(rule: ListedRule) -> re.Pattern[str]:
    return re.compile("(?a)" + written(tree(rule)))


def told(text: str) -> str:
    """An example with a word for a secret between the name and the value, as a line of a configuration has it."""
    return text.replace("Jlm3Nop\t", "2_token\t", 1) if ":::=" in text else text.replace(":=", "_key: ", 1)


def test_every_rule_is_run_or_left_out_for_a_reason() -> None:
    assert len(DOCUMENT["rules"]) == len(RUN) > 350
    assert len(RUN) + len(DOCUMENT["left_out"]) == len(UPSTREAM)
    assert all(DOCUMENT["left_out"].values())
    assert set(generate.LEFT_OUT) <= {rule.id for rule in UPSTREAM}, "a rule that is left out by name is gone"


def test_the_file_is_what_the_list_says() -> None:
    assert generate.TARGET.read_text(encoding="utf-8") == generate.document(), f"run `{generate.COMMAND}`"
    assert generate.main(["--check"]) == 0


def test_a_stale_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "TARGET", tmp_path / "rules.json")
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: bridge/policy/secret_rules/rules.json\n"
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_the_licence_comes_with_the_rules() -> None:
    licence = LICENCE.read_text(encoding="utf-8")
    assert "MIT License" in licence and "Zachary Rice" in licence
    assert DOCUMENT["licence"] == licence and VERSION in DOCUMENT["source"]


def test_a_new_release_is_taken_without_what_is_not_run() -> None:
    upstream = (
        "[[rules]]\nid = \"x\"\ndescription = \"d\"\nregex = '''x_[a-z]{20}'''\nkeywords = [\"x_\"]\n"
        "validate = \"call\"\nfilter = '''\nentropy(finding[\"secret\"]) <= 2.0\n'''\n"
    )
    made = taken(upstream, "9.9")
    assert "validate" not in made and "MIT License" in made
    only = ListedRule("x", "x_[a-z]{20}", ("x_",), 'entropy(finding["secret"]) <= 2.0', "", 0, False)
    assert rules(made) == ("9.9", [only])


@pytest.mark.parametrize("rule", RUN, ids=lambda rule: rule.id)
def test_a_rule_finds_its_secret(rule: ListedRule) -> None:
    for longest in (False, True):
        text = told(example(tree(rule), longest=longest))
        match = pattern(rule).search(text)
        if match is None:
            assert rule.id == "aiven-auth-token"  # it wants a word's edge where the shortest example has none
            continue
        for left, right in AROUND:
            whole = f"{rule.keywords[0]} {left}{text}{right}"
            assert match["s"] not in REDACTOR.redact(whole), (rule.id, longest, whole)


@pytest.mark.parametrize("rule", RUN, ids=lambda rule: rule.id)
def test_no_text_is_dear(rule: ListedRule) -> None:
    assert cost(tree(rule)) <= STEPS_MOST
    found = pattern(rule)
    for unit in near_misses(tree(rule)):
        text = (unit * (TRIED // len(unit) + 1))[:TRIED]
        before = time.thread_time()
        for _ in found.finditer(text):
            pass
        assert time.thread_time() - before < BOUND_S, (rule.id, unit)


def near_misses(tree: Pattern) -> set[str]:
    """Beginnings, and what stops being a match at its end or its middle."""
    short, long = example(tree), example(tree, longest=True)
    return {
        short[: max(beginning(tree)[0], 2)],
        short[:-1],
        long[:-1],
        f"{long[:-1]}(",
        long + long[-1],
        long[: len(long) // 2],
    }


def all_words(size: int) -> str:
    words = sorted({anchor for shape in listed_shapes() for anchor in shape.anchors})
    return (" = ".join(words) * (size // 1000))[:size]


@pytest.mark.parametrize("made", [all_words, lambda size: "a" * size, lambda size: (FAKE * size)[:size]])
def test_twice_the_text_costs_about_twice(made: Any) -> None:
    def seconds(text: str) -> float:
        best = float("inf")
        for _ in range(2):
            before = time.thread_time()
            REDACTOR.find(text)
            best = min(best, time.thread_time() - before)
        return best

    half, whole = made(100_000), made(200_000)
    seconds(half)  # compiles what is needed
    assert seconds(whole) < 3.5 * seconds(half) + 0.05


@pytest.mark.parametrize("rule", RUN, ids=lambda rule: rule.id)
def test_giving_nothing_back_changes_no_match(rule: ListedRule) -> None:
    plain = read(generate.rewritten(rule.expression))
    before, after = (re.compile("(?a)" + written(each)) for each in (plain, hardened(plain)))
    for text in islice(mutants(example(plain)), 60):
        assert [m.span() for m in before.finditer(text)] == [m.span() for m in after.finditer(text)], text


def mutants(text: str) -> Iterator[str]:
    """The text, and the text with one character more, less or other."""
    yield from (text, text + text, f"{text};", f" {text}\n")
    for at in range(0, len(text), max(len(text) // 14, 1)):
        yield text[:at] + text[at + 1 :]
        yield text[:at] + text[at] + text[at:]
        yield from (text[:at] + other + text[at + 1 :] for other in "-=")


@pytest.mark.parametrize(
    "expression",
    [r"a[b-d\]]{2,3}?(?:x|yz)*\.", r"(?i)ab(?-i:c)[^d\s]+", r"x(?i)y|z", r"[[:alnum:]]+\b", r"\x41\\[\w.-]", r"a$|^b"],
)
@given(text=st.text(alphabet="aAbBcCdxXyYzZ.-]\\ \n1_", max_size=12))
def test_what_is_written_matches_as_python_does(expression: str, text: str) -> None:
    same = {r"x(?i)y|z": r"x(?i:y)|(?i:z)", r"[[:alnum:]]+\b": r"[A-Za-z0-9]+\b", r"a$|^b": r"a\Z|^b"}
    theirs = re.compile(same.get(expression, expression), re.ASCII)
    for made in (read(expression), hardened(read(expression))):
        ours = re.compile("(?a)" + written(made).replace("?P<s>", "?:"))
        assert [m.span() for m in ours.finditer(text)] == [m.span() for m in theirs.finditer(text)]


@pytest.mark.parametrize("expression", [r"(?m)^a", r"\pL", r"\Qa\E", "a**", "(a", "a)", "(?>a)", "ä", "[a", r"\1"])
def test_what_is_not_understood_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="understood"):
        read(expression)


@pytest.mark.parametrize("expression", ["(?:a+)+b", "(.*)(.*)(.*)x", "key.{0,400}[a-z]{0,400}=x", "(?:a|a){40}b"])
def test_what_costs_too_much_is_left_out(expression: str) -> None:
    with pytest.raises(ValueError, match="steps"):
        generate.compiled(ListedRule("x", expression, ("x",), "", "", 0, False))


def test_filters() -> None:
    of = 'finding["secret"]'
    assert demand(f"entropy({of}) < 3.5 || tokenRatio({of}) >= 2.5") == Demand(3.5, True)
    both = f'entropy({of}) <= 2\n|| !matchesAny({of}, ["[0-9]"]) || matchesAny({of}, [`^x`])'
    assert demand(both) == Demand(2.0, False, (r"\d",), ("^x",))
    with pytest.raises(ValueError, match="asks more"):
        demand('lower(finding["match"]) contains "client"')


def test_a_secret_has_the_bits_its_rule_asks_for() -> None:
    assert bits_a_character("aaaa") == 0 and bits_a_character("abcd") == 2
    assert REDACTOR.find("dapi" + "fa0ce123b4d56789" * 2)
    assert not REDACTOR.find("dapi" + "0" * 32)


def test_a_hash_beside_a_name_is_a_secret_only_where_it_is_called_one() -> None:
    digest = "fa0ce123b4d56789" * 2 + "fa0ce123"
    assert not REDACTOR.find(f"circleci: {digest}")
    assert [secret.kind for secret in REDACTOR.find(f"circleci_project_token: {digest}")] == ["circleci_project_token"]


words = st.text(alphabet="abcß", min_size=1, max_size=6)


@given(st.lists(st.lists(words, max_size=3), max_size=6), st.text(alphabet="abcßé€", max_size=40))
def test_the_index_of_anchors_finds_what_looking_for_each_finds(anchors: list[list[str]], text: str) -> None:
    expected = [place for place, each in enumerate(anchors) if any(anchor in text for anchor in each)]
    assert AnchorIndex(anchors).places(text) == expected


def test_an_anchor_over_the_edge_of_what_is_read_at_once_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.policy.anchors.AT_ONCE", 8)
    index = AnchorIndex([["anchor"]])
    assert all(index.places("." * before + "anchor") == [0] for before in range(20))


def test_the_start_compiles_nothing_and_the_command_line_reads_no_rules() -> None:
    program = (
        "import sys; import bridge.cli.main; print('bridge.policy.redaction' in sys.modules);"
        "from bridge.policy.redaction import Redactor; from bridge.policy.secret_shapes import compiled;"
        "Redactor(b'k'); print(compiled.cache_info().currsize)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.split() == ["False", "0"]
