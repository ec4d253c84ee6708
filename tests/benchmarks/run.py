"""Runs the benchmarks of this folder and prints one table, or JSON. Each is a module with `rows()`.

A row: measure, value, unit, against (the baseline, measured in the same run), ratio to it, bar, met.
Exit 1: a bar is missed.
"""

import argparse
import importlib
import json
import platform
import sys
from pathlib import Path
from typing import Any

ALL = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "run")
COLUMNS = ("measure", "value", "unit", "ratio", "against", "bar", "met")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"which (default: all): {' '.join(ALL)}")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.names) - set(ALL))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are: {' '.join(ALL)}")
    rows: list[dict[str, Any]] = []
    for name in chosen.names or ALL:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"tests.benchmarks.{name}").rows()
    if chosen.json:
        machine = {"python": platform.python_version(), "system": platform.platform()}
        print(json.dumps({"machine": machine, "rows": rows}, indent=2))
    else:
        print(table(rows))
    return int(not all(row["met"] for row in rows))


def table(rows: list[dict[str, Any]]) -> str:
    cells = [[_cell(row.get(column, "")) for column in COLUMNS] for row in rows]
    widths = [max(map(len, column)) for column in zip(COLUMNS, *cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (COLUMNS, *cells)]
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: Any) -> str:
    return {True: "yes", False: "NO"}[value] if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.exit(main())
