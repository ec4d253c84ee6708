"""`python -m bridge.policy.secret_rules.generate` writes rules.json from betterleaks.toml; `--check` only compares.

With `--take FILE VERSION` it first takes a new release of the list: FILE is config/betterleaks.toml of that release.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bridge.policy.secret_rules.bounds import STEPS_MOST, beginnings, cost, hardened, shortest
from bridge.policy.secret_rules.filters import demand
from bridge.policy.secret_rules.syntax import (
    WORD,
    Beside,
    Captured,
    Edge,
    EitherOf,
    InOrder,
    Pattern,
    Repeated,
    in_order,
    read,
    written,
)
from bridge.policy.secret_rules.upstream import LICENCE, PATH, ListedRule, rules, taken

TARGET = Path(__file__).with_name("rules.json")
COMMAND = "python -m bridge.policy.secret_rules.generate"
MILLION = 10**6

# The list's own words for what stands between a name and its value, and after a value.
NAME_AND_SPACE = r"""(?:[ \t\w.-]{0,20})[\s'"]{0,3}"""
SEPARATOR = r"""(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}"""
END = r"""(?:\\?['"\x60]|[\s;]|\\[nr]|$)"""
# The same, giving nothing back, and for any text rather than a line of a file: JSON inside JSON; a comma only after a
# quote and `>` only after a name, for prose has both; and a value that ends with a sentence.
OUR_NAME_AND_SPACE = r"""[ \t\w.-]{0,20}+[\s'"\\]{0,4}+"""
OUR_SEPARATOR = r"""(?::{1,3}=|=>|\?=|=|:|(?<=['"\x60]),|(?<=\w)>)[\x60'"\s=\\]{0,5}+"""
OUR_END = r"(?![\w=+/-]|\(|\.\w)"

BEGINNING = "it finds the beginning of a secret alone"
OURS = "a shape of secret_shapes.py knows it"
PUBLIC = "an id or a public key, no secret"
PART = "no secret, but found beside one"
OF_A_FILE = "it needs the name of a file"
LEFT_OUT = {
    "aws-amazon-bedrock-api-key-short-lived": BEGINNING,
    **dict.fromkeys(
        (
            "azure-storage-account-key", "curl-auth-header", "curl-auth-user",
            "gcp-application-default-credentials", "gcp-service-account", "generic-api-key", "generic-credential-uri",
            "generic-password", "generic-username", "jwt", "mongodb-connection-string", "private-key",
            "slack-webhook-url",
        ),
        OURS,
    ),
    **dict.fromkeys(
        (
            "adobe-client-id", "asana-client-id", "bitbucket-client-id", "discord-client-id", "flutterwave-public-key",
            "linkedin-client-id", "lob-pub-api-key", "looker-client-id", "mailgun-pub-key", "messagebird-client-id",
            "new-relic-user-api-id", "plaid-client-id", "posthog-project-api-key", "sendbird-access-id",
            "sumologic-access-id",
        ),
        PUBLIC,
    ),
}  # fmt: skip


def document() -> str:
    """The rules as the engine reads them, one a line, and every rule that is left out with the reason."""
    version, listed = rules(PATH.read_text(encoding="utf-8"))
    made: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    for rule in listed:
        try:
            made.append(compiled(rule))
        except ValueError as error:
            left_out[rule.id] = str(error)
    made.sort(key=lambda each: each["named"])
    head = {
        "source": f"Betterleaks {version}, config/betterleaks.toml",
        "licence": LICENCE.read_text(encoding="utf-8"),
        "left_out": left_out,
    }
    lines = ",\n".join(json.dumps(each) for each in made)
    return f'{json.dumps(head, indent=1)[:-2]},\n "rules": [\n{lines}\n]}}\n'


def compiled(rule: ListedRule) -> dict[str, Any]:
    """One rule for the engine. ValueError says why it is left out."""
    if reason := LEFT_OUT.get(rule.id) or (PART if rule.component else "") or (OF_A_FILE if rule.path else ""):
        raise ValueError(reason)
    tree = tree_of(rule)
    if (steps := cost(tree)) > STEPS_MOST:
        raise ValueError(f"{min(steps, MILLION):.0f} steps a character{' or more' if steps >= MILLION else ''}")
    return {
        "kind": re.sub(r"[^a-z0-9]+", "_", re.sub(r"\.\d+$", "", rule.id)),
        "anchors": sorted({keyword.lower() for keyword in rule.keywords}),
        "pattern": written(tree),
        "named": _named(tree),
        **{name: value for name, value in asdict(demand(rule.filter)).items() if value},
    }


def tree_of(rule: ListedRule) -> Pattern:
    """The expression of a rule as the engine runs it. ValueError when it is not understood."""
    marked = _secret_marked(_ending_looked_at(read(rewritten(rule.expression))), rule.group)
    return hardened(_at_a_word(marked))


def rewritten(expression: str) -> str:
    """With our own words for the list's. What follows a value without a bound is not asked: the value takes all."""
    made = re.sub(rf"((?:\{{\d+,\}}|[*+])(?:=\{{0,\d\}})?\)+){re.escape(END)}$", r"\1", expression)
    for theirs, ours in ((NAME_AND_SPACE, OUR_NAME_AND_SPACE), (SEPARATOR, OUR_SEPARATOR), (END, OUR_END)):
        made = made.replace(theirs, ours)
    return made


def _secret_marked(tree: Pattern, group: int) -> Pattern:
    """The tree with one group, the secret: the one of the rule's number, else the first without a name, else all."""
    once = [each.number for each in _groups(tree) if not each.named]
    wanted = group or (once[0] if once else 0)
    return _only(tree, wanted) if wanted else Captured(0, _only(tree, -1))


def _groups(tree: Pattern) -> Iterator[Captured]:
    """The groups that match once at most."""
    match tree:
        case Captured(_, item):
            yield tree
            yield from _groups(item)
        case InOrder(items) | EitherOf(items):
            for each in items:
                yield from _groups(each)
        case Repeated(item, _, 1):
            yield from _groups(item)
        case _:
            return


def _only(tree: Pattern, wanted: int) -> Pattern:
    match tree:
        case Captured(number, item):
            return Captured(0, _only(item, -1)) if number == wanted else _only(item, wanted)
        case InOrder(items):
            return in_order(_only(each, wanted) for each in items)
        case EitherOf(options):
            return EitherOf(tuple(_only(each, wanted) for each in options))
        case Repeated(item) | Beside(_, item):
            return replace(tree, item=_only(item, wanted))
        case _:
            return tree


def _secret(tree: Pattern) -> Captured:
    return next(each for each in _groups(tree) if each.number == 0)


def _named(tree: Pattern) -> bool:
    """Whether the rule asks for a name before the secret."""
    return shortest(_secret(tree)) < shortest(tree)


def _ending_looked_at(tree: Pattern) -> Pattern:
    """What stands after the secret is looked at and left for the next match."""
    if isinstance(tree, InOrder) and isinstance(end := tree.items[-1], EitherOf) and Edge(r"\Z") in end.options:
        return InOrder((*tree.items[:-1], Beside("?=", end)))
    return tree


def _at_a_word(tree: Pattern) -> Pattern:
    """A secret that begins with a letter is looked for where a word begins."""
    first, _ = beginnings(tree)
    return tree if _named(tree) or first - WORD or _begins_at_an_edge(tree) else in_order((Edge(r"\b"), tree))


def _begins_at_an_edge(tree: Pattern) -> bool:
    match tree:
        case InOrder(items):
            return _begins_at_an_edge(items[0])
        case EitherOf(options):
            return all(map(_begins_at_an_edge, options))
        case Captured(_, item):
            return _begins_at_an_edge(item)
        case _:
            return isinstance(tree, Edge)


def main(arguments: list[str]) -> int:
    """0, or with `--check` 1 when the file is stale."""
    if "--take" in arguments:
        path, version = arguments[arguments.index("--take") + 1 :]
        PATH.write_text(taken(Path(path).read_text(encoding="utf-8"), version), encoding="utf-8")
    made = document()
    stale = not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != made
    if stale and "--check" not in arguments:
        TARGET.write_text(made, encoding="utf-8")
    if stale:
        print(f"{'stale' if '--check' in arguments else 'wrote'}: bridge/policy/secret_rules/{TARGET.name}")
    return int(stale and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
