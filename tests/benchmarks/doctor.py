"""The doctor with every check on, koru explain, and loading the registry, against the start of a bare interpreter.

A window is connected and a chat has a store. Processor time is the median; of the wall clock, which tells of the
machine's other work too, the best counts.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from registry.load import load

RUNS = 7
TESTS = Path(__file__).parents[1]
STORE = TESTS / "stores" / "vscode_chat" / "lifecycle" / "store" / "User"


def rows() -> list[dict[str, object]]:
    """See run.py."""
    with tempfile.TemporaryDirectory(prefix="koru-") as home:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("KORU_", "XDG_"))},
            "HOME": home,
            "PYTHONSAFEPATH": "1",
            "KORU_SOCKET": str(Path(home, "run", "bridge.sock")),
        }
        shutil.copytree(STORE, Path(home, ".config", "Code", "User"))
        run(environment, "up")
        try:
            with window(environment, Path(home)):
                doctor = costs(lambda: run(environment, "doctor"))
                explain = costs(lambda: run(environment, "explain"))
            bare = costs(lambda: subprocess.run([sys.executable, "-P", "-c", "pass"], env=environment, check=True))
            slowest = whole_check(environment)
        finally:
            run(environment, "down", "--force")
        again = again_s()
    return [
        row("koru doctor, every check, processor", doctor[0], bare[0], 1.0),
        row("koru doctor, every check, wall clock", doctor[1], bare[1], 1.0),
        row("koru explain, processor", explain[0], bare[0], 0.3),
        row("koru explain, wall clock", explain[1], bare[1], 0.3),
        row("loading the registry again", again, bare[0], 0.05),
        row("doctor: slowest check, wall clock", slowest, bare[1], 0.8),
    ]


@contextmanager
def window(environment: dict[str, str], home: Path) -> Iterator[None]:
    """A connected window with one chat."""
    script = home / "script.json"
    script.write_text(json.dumps({"deliver": []}), encoding="utf-8")
    command = [sys.executable, "-P", str(TESTS / "fakeide" / "fakeide.py"), str(script)]
    where = ["--socket", environment["KORU_SOCKET"], "--storage", str(home / "storage"), "--workspace", str(home)]
    ide = subprocess.Popen([*command, *where], stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while not json.loads(run(environment, "status", "--json"))["sessions"]:
            assert time.monotonic() < end, "the window did not connect"
        yield
    finally:
        ide.terminate()
        ide.wait(timeout=10)


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


def costs(act: Callable[[], object]) -> tuple[float, float]:
    """Processor seconds that the children of one call cost, the median, and the least it took on the wall clock."""
    processor, wall = [], []
    for _ in range(RUNS):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        act()
        after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        wall.append(ended - began)
    return statistics.median(processor), min(wall)


def again_s() -> float:
    load()
    taken = []
    for _ in range(RUNS):
        began = time.process_time()
        load()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def whole_check(environment: dict[str, str]) -> float:
    """The doctor's own word for its slowest check, once all have started."""
    checks = json.loads(run(environment, "doctor", "--json", "--timeout", "30"))["checks"]
    return float(max(check["ms"] for check in checks)) / 1000
