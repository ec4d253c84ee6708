"""`python -m bridge.protocol.codegen.generate` writes the messages for the other languages; `--check` only compares."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic.json_schema import models_json_schema

from bridge.protocol.codegen import java, typescript
from bridge.protocol.codegen.shapes import constants, message, methods, shapes

ROOT = Path(__file__).resolve().parents[3]
COMMAND = "python -m bridge.protocol.codegen.generate"


def schema() -> str:
    """The text of `bridge/protocol/schema.json`: JSON Schema 2020-12 of every message, and the table of methods."""
    kinds = [message(shape.name) for shape in shapes()]
    _, document = models_json_schema([(kind, "validation") for kind in kinds])
    table = {
        name: {
            "answered_by": method.answered_by,
            "asked_by": sorted(method.asked_by),
            "params": {"$ref": f"#/$defs/{method.params.__name__}"},
            "result": {"$ref": f"#/$defs/{method.result.__name__}"} if method.result else None,
        }
        for name, method in methods()
    }
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "The wire of Koru"}
    whole = head | {"constants": constants(), "methods": table} | document
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


TARGETS: dict[str, Callable[[], str]] = {
    "bridge/protocol/schema.json": schema,
    "plugins-vscode/src/protocol.gen.ts": typescript.write,
    "plugins-jetbrains/core/src/main/java/dev/koru/protocol/Messages.java": java.write,
}


def stale() -> list[str]:
    """The generated files that are not what this code would write."""
    return [name for name, make in TARGETS.items() if not _is_current(ROOT / name, make())]


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main(arguments: list[str]) -> int:
    """0, or with `--check` 1 when a file is stale."""
    names = stale()
    for name in names:
        print(f"stale: {name}" if "--check" in arguments else f"wrote {name}")
        if "--check" not in arguments:
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(TARGETS[name](), encoding="utf-8")
    return int("--check" in arguments and bool(names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
