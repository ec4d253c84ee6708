"""`python -m registry.generate` writes the JSON Schema and the table of interfaces; `--check` only compares."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic.json_schema import models_json_schema

from registry.load import load
from registry.model import Blocker, Interface, Recovery

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "python -m registry.generate"
BEGIN, END = "<!-- interfaces: begin -->", "<!-- interfaces: end -->"
GUIDE = "ARCHITECTURE.md"


def schema() -> str:
    """JSON Schema 2020-12 of the files: `Interface` for one, `Blocker` and `Recovery` for what the lists hold."""
    _, document = models_json_schema([(kind, "validation") for kind in (Interface, Blocker, Recovery)])
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "The registry of Koru"}
    return json.dumps(head | document, indent=2, ensure_ascii=False) + "\n"


def guide() -> str:
    """The guide with the table between its markers as the registry has it now. ValueError when a marker is gone."""
    text = (ROOT / GUIDE).read_text(encoding="utf-8")
    begin, end = text.index(BEGIN), text.index(END)
    return f"{text[:begin]}{BEGIN}\n\n{table()}\n\n{text[end:]}"


def table() -> str:
    """One row an interface: those that can act or observe now first."""
    interfaces = sorted(load().interfaces.values(), key=lambda i: (i.status != "built", i.family, i.id))
    rows = ["| interface | family | status | best grade | tested on |", "|---|---|---|---|---|"]
    return "\n".join([*rows, *map(_row, interfaces)])


def _row(interface: Interface) -> str:
    tested = ", ".join(f"{t.product} {t.version}" for t in interface.tested if t.status == "verified") or "-"
    status = interface.status if interface.status == "built" else f"{interface.status}: {interface.status_reason}"
    cells = (f"`{interface.id}`", interface.family, status, interface.verification.best_grade, tested)
    return f"| {' | '.join(cells)} |"


TARGETS: dict[str, Callable[[], str]] = {"registry/schema.json": schema, GUIDE: guide}


def stale() -> list[str]:
    """The generated files that are not what this code would write."""
    return [name for name, make in TARGETS.items() if _text(ROOT / name) != make()]


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main(arguments: list[str]) -> int:
    """0, or with `--check` 1 when a file is stale."""
    names = stale()
    for name in names:
        print(f"stale: {name}" if "--check" in arguments else f"wrote {name}")
        if "--check" not in arguments:
            (ROOT / name).write_text(TARGETS[name](), encoding="utf-8")
    return int("--check" in arguments and bool(names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
