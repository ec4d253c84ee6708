"""The run of lanes tells the truth about what ran: failures, crashes, lanes that hang, and lanes without a test."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.daemon import eventually
from tests.lanes import tally
from tests.lanes.__main__ import report, run
from tests.lanes.costs import Costs
from tests.lanes.plan import ALL, LANES, Lane
from tests.lanes.running import ROOT, Running

NO_COSTS = Costs({}, {}, {})
Lanes = Callable[..., list[Running]]


def arguments(file: Path) -> list[str]:
    """For a pytest that knows nothing of this project's tests."""
    return [str(file), "-c", os.devnull, "--rootdir", str(file.parent)]


@pytest.fixture
def ran(tmp_path: Path) -> Lanes:
    """Runs lanes of one file each, given by the file's text."""

    def run_them(*texts: str, silent_s_most: float = 60.0) -> list[Running]:
        lanes = []
        for number, text in enumerate(texts):
            file = tmp_path / f"test_{number}.py"
            file.write_text(text, encoding="utf-8")
            lanes.append(Lane(f"lane{number}", arguments(file), {}, silent_s_most))
        return run(lanes, tmp_path, 2)

    return run_them


PASSES = "def test_one(): pass\n"
FAILS = "def test_two(): assert 1 == 2, 'what went wrong'\n"
SKIPS = "import pytest\n\n@pytest.mark.skip\ndef test_three(): pass\n"


def test_what_passed_failed_and_was_skipped_is_counted_over_all_lanes(
    ran: Lanes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(ran(PASSES + FAILS, PASSES + SKIPS), NO_COSTS) == 1
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == "2 passed, 1 failed, 1 skipped"
    assert "lane0: test_0.py::test_two" in printed
    assert "AssertionError: what went wrong" in printed


def test_all_that_passes_is_success(ran: Lanes, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(ran(PASSES), NO_COSTS) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "ended with 5, no tests", id="no test"),
        pytest.param(
            "import os\n\ndef test_one(): os._exit(0)\n", "reported 0 of 1 tests", id="ended as if all was well"
        ),
        pytest.param("import os\n\ndef test_one(): os.abort()\n", "ended with -6, crashed", id="crashed"),
        pytest.param("1 / 0\n", "ended with 2, interrupted", id="not to be imported"),
    ],
)
def test_a_lane_that_ran_nothing_to_its_end_is_a_failure(
    ran: Lanes, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(ran(PASSES, text), NO_COSTS) == 1
    printed = capsys.readouterr().out
    assert f"lane lane1: {why}" in printed
    assert "1 passed, 0 failed" not in printed.splitlines()[-1]


def test_a_lane_that_reports_nothing_is_ended(ran: Lanes) -> None:
    (hung,) = ran("import time\n\ndef test_one(): time.sleep(600)\n", silent_s_most=2.0)
    assert hung.over
    assert hung.fault() == "nothing for 2 s"


def test_a_lane_is_ended_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = f"""
import os, pathlib, signal, subprocess, time

def test_one():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    pathlib.Path({str(tmp_path)!r}, "new").write_text(str(child.pid))
    os.rename({str(tmp_path / "new")!r}, {str(tmp_path / "child")!r})
    time.sleep(600)
"""
    (tmp_path / "test_deaf.py").write_text(deaf, encoding="utf-8")
    monkeypatch.setattr("tests.lanes.running.GRACE_S", 0.5)
    running = Running(Lane("deaf", arguments(tmp_path / "test_deaf.py")), tmp_path)
    eventually((tmp_path / "child").exists, "the lane started its child")
    running.stop("told to")
    assert list(running.follow()) == []
    assert running.over
    pid = (tmp_path / "child").read_text(encoding="ascii")
    eventually(lambda: not is_alive(pid), "the child is gone")


def is_alive(pid: str) -> bool:
    """A process that ended and was not waited for by its parent yet is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_ctrl_c_ends_every_lane_and_lets_fixtures_clear_up(tmp_path: Path) -> None:
    slow = f"""
import pathlib, pytest, time

@pytest.fixture
def product():
    pathlib.Path({str(tmp_path)!r}, "up").touch()
    yield
    pathlib.Path({str(tmp_path)!r}, "down").touch()

def test_one(product):
    time.sleep(600)
"""
    (tmp_path / "test_slow.py").write_text(slow, encoding="utf-8")
    code = f"""
import signal, sys
from pathlib import Path
from tests.lanes.__main__ import report, run
from tests.lanes.costs import Costs
from tests.lanes.plan import Lane
signal.signal(signal.SIGINT, signal.default_int_handler)
folder = Path({str(tmp_path)!r})
arguments = [str(folder / "test_slow.py"), "-c", "/dev/null", "--rootdir", str(folder)]
sys.exit(report(run([Lane("slow", arguments)], folder, 1), Costs({{}}, {{}}, {{}})))
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as process:
        eventually((tmp_path / "up").exists, "the lane started")
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert (tmp_path / "down").exists()
    assert "lane slow: interrupted" in printed
    assert printed.splitlines()[-1] == "0 passed, 1 failed"


def test_every_folder_of_tests_is_in_one_lane() -> None:
    """The lanes of the products name their folders; all others are in the core's."""
    named = [argument for lane in ALL[1:] for argument in lane.arguments]
    products = [str(path.relative_to(ROOT)) for path in (ROOT / "tests/real").iterdir() if [*path.rglob("test_*.py")]]
    assert sorted(named) == sorted([*products, "tests/jetbrains"])
    left_out = {argument for argument in ALL[0].arguments if argument.startswith("--ignore")}
    assert left_out == {"--ignore=tests/real", "--ignore=tests/jetbrains"}


def test_sums_far_above_their_budget_fail_and_others_are_told(ran: Lanes) -> None:
    costs = Costs({}, {"core": 100.0, "vscode": 10.0, "desktop": 10.0}, {"slow": 10.0})
    over = costs.over({"core": 120.0, "vscode": 15.0, "desktop": 31.0, "intellij": 99.0}, {"slow": 40.0})
    assert [(each.what, each.failed) for each in over] == [
        ("CPU of lane vscode", False),
        ("CPU of lane desktop", True),
        ("tests marked slow", True),
    ]


def test_the_recorded_costs_are_of_lanes_and_files_that_exist() -> None:
    costs = Costs.load()
    assert {*costs.lanes} <= {*LANES}
    assert [file for file in costs.files if not (ROOT / file).exists()] == []


def test_a_marker_counts_each_of_its_tests() -> None:
    done = [tally.Done("a", "passed", 2.0, ["slow", "soak"], ""), tally.Done("b", "passed", 1.0, [], "")]
    assert tally.by_marker([tally.Tally("core", done=done)]) == {"slow": 2.0, "soak": 2.0, "none": 1.0}
