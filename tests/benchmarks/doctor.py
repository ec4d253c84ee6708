"""The doctor with every check on, koru explain, and loading the registry, against the start of a bare interpreter.

Processor time, for the wall clock tells of the machine's other work; but what checks wait for is on the wall clock.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from registry.load import load

RUNS = 7
BARS_S = {"koru doctor, every check": 1.0, "koru explain": 0.3, "loading the registry again": 0.05}


def rows() -> list[dict[str, object]]:
    """See run.py."""
    with tempfile.TemporaryDirectory(prefix="koru-") as home:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("KORU_", "XDG_"))},
            "HOME": home,
            "PYTHONSAFEPATH": "1",
            "KORU_SOCKET": str(Path(home, "run", "bridge.sock")),
        }
        run(environment, "up")
        try:
            measured = {
                "koru doctor, every check": processor_s(lambda: run(environment, "doctor")),
                "koru explain": processor_s(lambda: run(environment, "explain")),
                "loading the registry again": again_s(),
            }
            bare = processor_s(
                lambda: subprocess.run([sys.executable, "-P", "-c", "pass"], env=environment, check=True)
            )
            walls = whole_check(environment)
        finally:
            run(environment, "down", "--force")
    return [
        *(row(name, value, bare, BARS_S[name]) for name, value in measured.items()),
        row("doctor: slowest check, wall clock", walls, bare, 0.8),
    ]


def row(measure: str, seconds: float, bare: float, bar: float) -> dict[str, object]:
    return {
        "measure": measure,
        "value": round(seconds * 1000),
        "unit": "ms",
        "against": "python -c pass",
        "ratio": round(seconds / bare, 2),
        "bar": f"<= {bar * 1000:.0f} ms",
        "met": seconds <= bar,
    }


def run(environment: dict[str, str], *words: str) -> str:
    """The command's output. 1 is an answer here: nothing is connected."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bridge.cli", *words],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def processor_s(act: Callable[[], object]) -> float:
    """What the children of one call cost, the median of several."""
    costs = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        act()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(costs)


def again_s() -> float:
    load()
    costs = []
    for _ in range(RUNS):
        began = time.process_time()
        load()
        costs.append(time.process_time() - began)
    return statistics.median(costs)


def whole_check(environment: dict[str, str]) -> float:
    """The doctor's own word for its slowest check, once all have started."""
    checks = json.loads(run(environment, "doctor", "--json", "--timeout", "30"))["checks"]
    return float(max(check["ms"] for check in checks)) / 1000
