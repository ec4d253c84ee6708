"""What is taken of the rule list's own file: names, expressions, keywords, and filters that are filters."""

import pytest

from bridge.policy.secret_rules.upstream import FIRST_LINE_OF_FILTER, rules, taken

LONGEST = 1000  # characters of a filter


def filtered(text: str, name: str = "some-key") -> str:
    """The filter of a rule as it is taken."""
    upstream = f"[[rules]]\nid = \"{name}\"\nregex = '''k_[a-z]+'''\nkeywords = [\"k_\"]\nfilter = '''{text}'''\n"
    version, (rule,) = rules(taken(upstream, "1.2.3"))
    assert (version, rule.id, rule.expression, rule.keywords) == ("1.2.3", name, "k_[a-z]+", ("k_",))
    return rule.filter


@pytest.mark.parametrize(("length", "kept"), [(LONGEST - 1, True), (LONGEST, True), (LONGEST + 1, False)])
def test_a_filter_that_is_a_program_is_not_taken(length: int, kept: bool) -> None:
    text = "f" * length
    assert filtered(text) == (text if kept else "")
    assert filtered(f"\n  {text}  \n") == (text if kept else ""), "what is around it does not count"


@pytest.mark.parametrize("name", sorted(FIRST_LINE_OF_FILTER))
def test_of_some_filters_the_first_line_is_taken_however_long_the_rest(name: str) -> None:
    assert filtered(f"entropy > 3\n{'f' * LONGEST}", name) == "entropy > 3"


def test_an_expression_is_taken_whole_whatever_its_length() -> None:
    expression = "a" * (LONGEST * 3)
    upstream = f"[[rules]]\nid = \"long\"\nregex = '''{expression}'''\npath = '''{expression}'''\n"
    _, (rule,) = rules(taken(upstream, "1"))
    assert (rule.expression, rule.path, rule.filter, rule.keywords) == (expression, expression, "", ())
