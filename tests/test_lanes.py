"""The run of lanes tells the truth about what ran: failures, crashes, lanes that hang, and lanes without a test."""

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.daemon import eventually
from tests.lanes import tally
from tests.lanes.__main__ import command, record, report, run
from tests.lanes.costs import Costs
from tests.lanes.plan import ALL, FAST, LANES, SOAK, Lane
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


def test_a_module_that_is_skipped_as_it_is_imported_is_told(ran: Lanes, capsys: pytest.CaptureFixture[str]) -> None:
    left_out = "import pytest\n\npytest.skip('not here', allow_module_level=True)\n\ndef test_one(): pass\n"
    # The lane of a module alone has no test, which is a failure of its own.
    assert report(ran(PASSES + FAILS, left_out), NO_COSTS) == 1
    printed = capsys.readouterr().out
    assert "skipped in lane1: test_1.py, the whole module" in printed
    assert printed.splitlines()[-1] == "1 passed, 2 failed, 1 skipped"


def test_workers_tell_of_a_module_that_is_skipped_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_left_out.py").write_text(
        "import pytest\n\npytest.importorskip('no_such_module')\n", encoding="utf-8"
    )
    (tmp_path / "test_runs.py").write_text(PASSES, encoding="utf-8")
    lane = Lane("two", [str(tmp_path), "-c", os.devnull, "--rootdir", str(tmp_path), "-n", "2"])
    assert report(run([lane], tmp_path, 1), NO_COSTS) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed, 1 skipped"


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


def test_every_file_of_tests_is_in_one_lane() -> None:
    files = [str(path.relative_to(ROOT)) for path in ROOT.glob("tests/**/test_*.py")]
    assert len(files) > 100
    lanes = {file: [lane.name for lane in ALL if takes(lane.arguments, file)] for file in files}
    assert {file: names for file, names in lanes.items() if len(names) != 1} == {}
    for lane in (FAST, SOAK):
        assert [file for file in files if takes(lane.arguments, file)] == [f for f in files if lanes[f] == ["core"]]


def test_a_file_between_the_folders_of_the_lanes_would_be_noticed() -> None:
    assert [lane.name for lane in ALL if takes(lane.arguments, "tests/real/test_new.py")] == []
    assert [lane.name for lane in ALL if takes(lane.arguments, "tests/test_new.py")] == ["core"]
    assert [lane.name for lane in ALL if takes(lane.arguments, "tests/real/desktop/test_new.py")] == ["desktop"]


def takes(arguments: Sequence[str], file: str) -> bool:
    """Whether a pytest with these arguments collects the file: it is below a folder that is named, and not left out."""
    left_out = [argument.removeprefix("--ignore=") for argument in arguments if argument.startswith("--ignore=")]
    named = [argument for argument in arguments if argument.split("/")[0] == "tests"]
    return any(is_below(file, folder) for folder in named) and not any(is_below(file, folder) for folder in left_out)


def is_below(file: str, folder: str) -> bool:
    return Path(file).is_relative_to(folder)


def test_sums_far_above_their_budget_fail_and_others_are_told(ran: Lanes) -> None:
    costs = Costs({}, {"core": 100.0, "vscode": 10.0, "desktop": 10.0}, {"slow": 10.0})
    over = costs.over({"core": 120.0, "vscode": 15.0, "desktop": 31.0, "intellij": 99.0}, {"slow": 40.0})
    assert [(each.what, each.failed) for each in over] == [
        ("CPU of lane vscode", False),
        ("CPU of lane desktop", True),
        ("tests marked slow", True),
    ]


def test_what_a_green_run_took_is_recorded(ran: Lanes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = list[Costs]()
    monkeypatch.setattr(Costs, "save", lambda costs: kept.append(costs))
    record(ran(PASSES), NO_COSTS)
    assert [set(costs.lanes) for costs in kept] == [{"lane0"}]
    assert kept[0].markers == {}, "a marker's sum is that of every lane"


def test_the_recorded_costs_are_of_lanes_and_files_that_exist() -> None:
    costs = Costs.load()
    assert {*costs.lanes} <= {*LANES}
    assert [file for file in costs.files if not (ROOT / file).exists()] == []


def test_a_marker_counts_each_of_its_tests() -> None:
    done = [tally.Done("a", "passed", 2.0, ["slow", "sampled"], ""), tally.Done("b", "passed", 1.0, [], "")]
    assert tally.by_marker([tally.Tally("core", done=done)]) == {"slow": 2.0, "sampled": 2.0, "none": 1.0}


# --- what is drawn ---------------------------------------------------------------------------------------------------

DRAWS = """
import hashlib
from hypothesis import given, strategies

drawn = []

@given(strategies.text(), strategies.integers())
def test_one(text, number):
    drawn.append((text, number))

def test_two():
    print("drawn", len(drawn), hashlib.sha256(repr(drawn).encode()).hexdigest())
"""


def drawn(folder: Path, seed: int, *options: str, **more: str) -> list[str]:
    """How many cases a property test in a folder of its own drew, as our tests draw, and a digest of them."""
    (folder / "test_draws.py").write_text(DRAWS, encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-s",
            "-p",
            "tests.conftest",
            *arguments(folder / "test_draws.py"),
            *options,
        ],
        cwd=ROOT,
        env={**os.environ, "KORU_SOAK": "", "KORU_SEED": str(seed), **more},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.partition("drawn ")[2].splitlines()[:1]


def test_the_seed_decides_what_property_tests_draw(tmp_path: Path) -> None:
    first, again, other = drawn(tmp_path, 5), drawn(tmp_path, 5, "-p", "bridge.daemon.app"), drawn(tmp_path, 6)
    assert first == again != other
    assert first[0].split()[0] == "100"


def test_property_tests_are_sampled_and_draw_more_in_the_long_run(tmp_path: Path) -> None:
    (line,) = drawn(tmp_path, 5, KORU_SOAK="1")
    assert line.split()[0] == "1000"
    options = ["-q", "--collect-only", "-m", SOAK.arguments[-1], "-p", "tests.conftest"]
    call = [sys.executable, "-m", "pytest", *options, *arguments(tmp_path / "test_draws.py")]
    listed = subprocess.run(call, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert "1/2 tests collected" in listed.stdout


def test_a_property_test_with_a_number_of_its_own_has_another_for_the_long_run() -> None:
    """`max_examples` is `count(short, long)` wherever it is given."""
    found = [
        f"{path.relative_to(ROOT)}:{node.value.lineno}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "max_examples"
        if not ast.unparse(node.value).startswith("count(")
    ]
    assert found == []


def test_a_run_without_a_seed_draws_one_and_tells_it_with_the_failures(tmp_path: Path) -> None:
    code = """
import sys
from tests.lanes import __main__ as lanes
lanes.run = lambda *_: []
sys.exit(lanes.main(["core", "vscode"]))
"""
    kept = {name: value for name, value in os.environ.items() if name != "KORU_SEED"}

    def printed(**more: str) -> list[str]:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=ROOT, env=kept | more, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 1, done.stderr
        return done.stdout.splitlines()

    seeds = {printed()[0].removesuffix(" draws the samples and random cases") for _ in range(3)}
    assert len(seeds) > 1
    given = printed(KORU_SEED="7")
    assert given[0].startswith("KORU_SEED=7 ")
    assert any(line.startswith("KORU_SEED=7 make test") for line in given[1:])


def test_the_command_that_draws_the_same_names_the_lanes() -> None:
    assert [command(lanes) for lanes in (ALL, [FAST], [SOAK], [LANES["core"]])] == [
        "make test",
        "make test-fast",
        "make soak",
        "make test LANES='core'",
    ]
