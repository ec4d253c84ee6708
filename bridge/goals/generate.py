"""`python -m bridge.goals.generate` writes the JSON Schema of a goal's file; `--check` only compares."""

import json
import sys
from pathlib import Path

from bridge.goals.model import Goal

PATH = Path(__file__).with_name("schema.json")
COMMAND = "python -m bridge.goals.generate"


def schema() -> str:
    """JSON Schema 2020-12 of the file."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(head | Goal.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """0, or with `--check` 1 when the file is stale."""
    stale = not PATH.is_file() or PATH.read_text(encoding="utf-8") != schema()
    if stale and "--check" not in arguments:
        PATH.write_text(schema(), encoding="utf-8")
    if stale:
        print(f"{'stale' if '--check' in arguments else 'wrote'}: bridge/goals/schema.json")
    return int(stale and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
