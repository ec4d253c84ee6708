"""Checks as real processes: hanging, forking, flooding, dying; and what their outputs say."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import anyio
import pytest

from bridge.goals.checks import Job, run_checks
from bridge.goals.output import cleaned, failing, signature, useful
from bridge.goals.steps import CheckResult
from bridge.protocol.messages.goals import CheckTerms
from tests.daemon import eventually

FORKING = """
import os, subprocess, sys, time
marker = sys.argv[1]
subprocess.Popen(["sleep", marker], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        subprocess.Popen(["sleep", marker])
        time.sleep(600)
    os._exit(0)
print("parent says", 7)
"""


def check(*command: str, timeout_s: float = 60, expected: int = 0, cwd: str = ".") -> CheckTerms:
    return CheckTerms(
        name="it", command=list(command), exit=expected, cwd=cwd, timeout_ms=int(timeout_s * 1000), protect=[]
    )


def run(terms: CheckTerms, folder: Path, environment: dict[str, str] | None = None) -> CheckResult:
    return Job(terms, folder, environment if environment is not None else dict(os.environ)).run()


def running(marker: str) -> bool:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return any(line.split() == ["sleep", marker] for line in listed.split("\n"))


def test_exit_and_output_are_kept(tmp_path: Path) -> None:
    result = run(check("sh", "-c", "echo one; echo two >&2; exit 3"), tmp_path)
    assert (result.state, result.exit, result.output) == ("fail", 3, "one\ntwo")
    assert run(check("sh", "-c", "exit 3", expected=3), tmp_path).state == "pass"


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (check("koru-no-such-command"), "cannot be started: koru-no-such-command: No such file"),
        (check("true", cwd="nowhere"), "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_started_is_unknown(terms: CheckTerms, why: str, tmp_path: Path) -> None:
    result = run(terms, tmp_path)
    assert (result.state, result.started) == ("unknown", False)
    assert why in (result.why or "")


def test_one_that_hangs_is_unknown_and_gone(tmp_path: Path) -> None:
    result = run(check("sh", "-c", "echo begun; sleep 611.25", timeout_s=1.5), tmp_path)
    assert (result.state, result.output, result.started) == ("unknown", "begun", True)
    assert "did not end within 1.5 s" in (result.why or "")
    assert not running("611.25")


def test_one_killed_by_a_signal_is_unknown(tmp_path: Path) -> None:
    result = run(check("sh", "-c", "kill -SEGV $$"), tmp_path)
    assert (result.state, result.why) == ("unknown", f"it was ended by signal {int(signal.SIGSEGV)}")


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux alone")
def test_what_it_leaves_running_is_gone_when_it_ends(tmp_path: Path) -> None:
    result = run(check(sys.executable, "-c", FORKING, "612.5"), tmp_path)
    assert (result.state, result.output) == ("pass", "parent says 7")
    assert not running("612.5")


def test_a_flood_is_cut_in_the_middle(tmp_path: Path) -> None:
    script = "print('first'); [print('x' * 99) for _ in range(100_000)]; print('3 failed')"
    result = run(check(sys.executable, "-c", f"{script}; raise SystemExit(1)"), tmp_path)
    assert (result.state, result.failing) == ("fail", 3)
    assert len(result.output) < 5000


def test_one_that_is_stopped_ends_at_once(tmp_path: Path) -> None:
    job = Job(check("sleep", "613.5"), tmp_path, dict(os.environ))
    results: list[CheckResult] = []
    thread = threading.Thread(target=lambda: results.append(job.run()))
    thread.start()
    eventually(lambda: running("613.5"), "it runs")
    job.stop()
    thread.join(timeout=30)
    assert [(result.state, result.why) for result in results] == [("unknown", "it was stopped")]
    assert not running("613.5")


def test_cancelled_checks_are_killed_and_the_loop_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        with anyio.move_on_after(1.0):
            await run_checks([check("sleep", "614.5")], tmp_path, limiter=anyio.CapacityLimiter(2))

    anyio.run(scenario)
    eventually(lambda: not running("614.5"), "it is gone")


def test_a_check_sees_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "KORU_SOCKET", "PYTHONSAFEPATH", "MY_KEY"):
        monkeypatch.setenv(name, "hidden-value")
    monkeypatch.setenv("KEPT", "kept-value")

    async def scenario() -> tuple[CheckResult, ...]:
        return await run_checks([check("env")], tmp_path, hidden=["MY_KEY"], limiter=anyio.CapacityLimiter(1))

    (result,) = anyio.run(scenario)
    assert "kept-value" in result.output
    assert "hidden-value" not in result.output


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("== 3 failed, 9 passed in 0.12s ==", 3),
        ("FAILED (failures=2, errors=5)", 5),
        ("Tests:       4 failed, 1 passed, 5 total", 4),
        ("  2 passing\n  6 failing", 6),
        ("--- FAIL: TestA (0.00s)\n--- FAIL: TestB (0.00s)\nFAIL", 2),
        ("test result: FAILED. 1 passed; 7 failed; 0 ignored", 7),
        ("9 passed, 0 failed", None),
        ("Segmentation fault", None),
    ],
)
def test_failures_are_counted(text: str, count: int | None) -> None:
    assert failing(text) == count


def test_the_same_failure_has_the_same_mark() -> None:
    one = "assert 3 == 4 at 0x7f12, 1 failed in 0.12s, /tmp/pytest-1/a.py, 2026-01-02 03:04:05"
    two = "assert 3 == 4 at 0x9b00, 1 failed in 3.40s, /tmp/pytest-77/a.py, 2026-11-12 13:14:15"
    assert signature(1, one) == signature(1, two)
    assert signature(1, one) != signature(1, one.replace("3 == 4", "2 == 4"))
    assert signature(1, one) != signature(2, one)


def test_what_is_useful_is_the_end_and_what_tells() -> None:
    lines = ["E   AssertionError: early", *(f"ok {n}" for n in range(500)), "1 failed"]
    part = useful("\n".join(lines))
    assert part.startswith("E   AssertionError: early\n[… ")
    assert part.endswith("1 failed")


def test_colours_and_rewritten_lines_are_gone() -> None:
    assert cleaned(b"\x1b[31mred\x1b[0m\r\n10%\r50%\rdone\n\x00\n\xff") == "red\ndone\n\n\N{REPLACEMENT CHARACTER}"
