"""What a goal costs beyond agent and checks, against the bare check; and wrong decisions over scripted scenarios."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bridge.client import Client
from tests.benchmarks.deliver import Plugin, daemon
from tests.bridge.goals.test_machine import CASES, decided, expected, play

TURNS = 20
DECISION_BAR = 4.0
OVERHEAD_BAR = 4.0
CHECK = "import pathlib; n = int(pathlib.Path('left').read_text()); print(n, 'failed'); raise SystemExit(n > 0)"
END_S = 120.0


class Agent(Plugin):
    """Mends one thing in no time whenever it is asked."""

    def __init__(self, path: Path, folder: Path) -> None:
        super().__init__(path)
        self._folder = folder

    def _take(self, line: bytes, at: int) -> None:
        message = json.loads(line)
        if message.get("method") == "chat/deliver":
            left = int((self._folder / "left").read_text(encoding="utf-8"))
            (self._folder / "left").write_text(str(left - 1), encoding="utf-8")
        super()._take(line, at)


def terms(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-I", "-S", "-c", CHECK]
    check = {"name": "left", "command": command, "exit": 0, "cwd": ".", "timeout_ms": 60_000, "protect": []}
    return {
        "text": "leave nothing",
        "selector": {},
        "workspace": str(folder),
        "checks": [check],
        "notes": [],
        "budget": {"turns": TURNS + 1, "ms": 600_000},
        "stop": {"same_failure": 3, "same_blocker": 3, "growing": 2},
        "approve": [],
        "turn_ms": 60_000,
        "quiet_ms": 300_000,
        "answer_ms": 60_000,
        "on_question": "ask",
        "trust": "send",
    }


def repository(home: Path) -> Path:
    folder = home / "shop"
    folder.mkdir()
    (folder / "left").write_text(str(TURNS), encoding="utf-8")
    identity = ("-c", "user.name=b", "-c", "user.email=b@example.org")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "begin")):
        subprocess.run(["git", "-C", str(folder), *identity, *words], check=True)
    return folder


def bare_check(folder: Path) -> float:
    """Milliseconds for the check alone, p50."""
    taken = []
    for _ in range(TURNS):
        started = time.perf_counter()
        subprocess.run(terms(folder)["checks"][0]["command"], cwd=folder, stdout=subprocess.DEVNULL, check=False)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def pursue(home: Path, folder: Path) -> list[dict[str, Any]]:
    """The rows of a goal that takes TURNS turns."""
    with daemon(home) as path:
        agent = Agent(path, folder)
        agent.start()
        if not agent.attached.wait(10):
            raise RuntimeError("the plugin was not attached")
        with Client.connect(path, role="operator") as client:
            client.request("goals/start", {"goal_id": "b", "terms": terms(folder)}, timeout=30)
            end = time.monotonic() + END_S
            while client.request("goals/get", {"goal_id": "b"})["state"] not in ("accepted", "stopped"):
                if time.monotonic() > end:
                    raise RuntimeError("the goal did not end")
                time.sleep(0.05)
            rows: list[dict[str, Any]] = []
            while page := client.request("ledger/tail", {"after_seq": len(rows), "limit": 100})["rows"]:
                rows += page
        agent.close()
    return rows


def spans(rows: list[dict[str, Any]]) -> tuple[list[int], list[int]]:
    """Milliseconds from the end of each turn to the next decision, and from decision to decision."""
    ended, decided, to_decision, whole = None, None, [], []
    for row in rows:
        if row["kind"] == "turn":
            ended = row["at_ms"]
        elif row["kind"] == "goal_decided":
            if ended is not None:
                to_decision.append(row["at_ms"] - ended)
            if decided is not None:
                whole.append(row["at_ms"] - decided)
            ended, decided = None, row["at_ms"]
    return to_decision, whole


def scenarios() -> list[dict[str, Any]]:
    """One row for each scenario: what was decided, and what should be. The last row counts those that differ."""
    table = []
    for case in CASES:
        came, wanted = decided(case, play(case)), expected(case)
        table.append(_row(f"goal: {case['case']}", _words(came), "", "scripted", None, _words(wanted), came == wanted))
    wrong = sum(not row["met"] for row in table)
    return [*table, _row("wrong decisions over the scenarios", wrong, "", f"{len(table)}", None, "0", wrong == 0)]


def _words(end: dict[str, Any]) -> str:
    said = [end["decision"] + (f" ({end['cause']})" if end["cause"] else "")]
    said += [f"{end['drives']} driven"] if "drives" in end else []
    said += [f"a person asked ({kind})" for kind in end.get("asked", ())]
    said += [f"waited {ms / 1000:g} s" for ms in end.get("waited", ())]
    return ", ".join(said + ["answered"] * len(end.get("told", ())))


def _row(measure: str, value: Any, unit: str, against: str, ratio: float | None, bar: str, met: bool) -> dict[str, Any]:
    row = {"measure": measure, "value": value, "unit": unit, "against": against, "bar": bar, "met": met}
    return row if ratio is None else {**row, "ratio": round(ratio, 2)}


def rows() -> list[dict[str, Any]]:
    """See run.py."""
    with tempfile.TemporaryDirectory(prefix="koru-bench-") as name:
        home = Path(name)
        folder = repository(home)
        baseline = bare_check(folder)
        to_decision, whole = spans(pursue(home, folder))
    decision, overhead = statistics.median(to_decision), statistics.median(whole) - baseline
    against = f"the bare check, {baseline:.0f} ms"
    return [
        _row(
            "end of the agent's turn to the next decision, p50",
            round(decision),
            "ms",
            against,
            decision / baseline,
            f"<= {DECISION_BAR:g} x",
            decision <= DECISION_BAR * baseline,
        ),
        _row(
            "a turn beyond agent and check, p50",
            round(overhead),
            "ms",
            against,
            overhead / baseline,
            f"<= {OVERHEAD_BAR:g} x",
            overhead <= OVERHEAD_BAR * baseline,
        ),
        *scenarios(),
    ]
