"""The rule list as its project gives it out, and what is taken of it into this tree.

Taken are a rule's name, its expression, its keywords and its filter, word for word; not taken is what asks a service
whether a secret is valid, and the text of what this project has shapes of its own for.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("betterleaks.toml")
LICENCE = Path(__file__).with_name("LICENSE")
FILTER_MOST = 1000  # characters; a longer one is a program about the file and the lines around, and is not taken

HEAD = """\
# Rules of Betterleaks {version}, by the makers of Gitleaks: https://github.com/betterleaks/betterleaks
# MIT License, Copyright (c) 2026 Zachary Rice; the text is in LICENSE beside this file.
# Taken from config/betterleaks.toml of that release by `python -m bridge.policy.secret_rules.generate --take`: names,
# expressions, keywords and filters are as they are there, the rest is left out. Do not edit.
version = "{version}"
"""
# What follows in their filters is a list of keys found in public, which other scanners would report here, and a test
# for two digits that costs more than it spares.
FIRST_LINE_OF_FILTER = frozenset({"gcp-api-key", "nuget-config-password", "supabase-management-token"})


@dataclass(frozen=True, slots=True)
class ListedRule:
    """One rule of the list. `component`: alone it is not reported, for it is an id or a host beside a secret."""

    id: str
    expression: str
    keywords: tuple[str, ...]
    filter: str
    path: str
    group: int
    component: bool


def rules(text: str) -> tuple[str, list[ListedRule]]:
    """The version and the rules of a file that was taken."""
    document = tomllib.loads(text)
    return document["version"], [_rule(each) for each in document["rules"]]


def _rule(table: dict[str, Any]) -> ListedRule:
    return ListedRule(
        table["id"],
        table.get("regex", ""),
        tuple(table.get("keywords", ())),
        table.get("filter", ""),
        table.get("path", ""),
        table.get("valueGroup", 0),
        table.get("skipReport", False),
    )


def taken(upstream: str, version: str) -> str:
    """The part of the project's own file that this tree keeps."""
    parts = [HEAD.format(version=version)]
    for table in tomllib.loads(upstream)["rules"]:
        lines = ["[[rules]]", f'id = "{table["id"]}"']
        kept = {name: _kept(table, name) for name in ("regex", "filter", "path")}
        lines += [f"{name} = '''{text}'''" for name, text in kept.items() if text]
        if "keywords" in table:
            lines.append(f"keywords = [{', '.join(map(_quoted, table['keywords']))}]")
        lines += [f"{name} = {str(table[name]).lower()}" for name in ("valueGroup", "skipReport") if name in table]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _kept(table: dict[str, Any], name: str) -> str:
    text = str(table.get(name, "")).strip()
    if name == "filter" and table["id"] in FIRST_LINE_OF_FILTER:
        text = text.split("\n")[0]
    return "" if name == "filter" and len(text) > FILTER_MOST else text


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
