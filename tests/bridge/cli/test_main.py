"""The frame of the command: its words, its exit codes, and what becomes of errors."""

import ast
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import bridge.cli
from bridge.cli import main as frame
from bridge.cli.arguments import parse
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION

if TYPE_CHECKING:
    from tests.bridge.conftest import DaemonProcess, Home, Koru, Start

PATIENCE = 60.0
PROMPT = "the text of a prompt"


@pytest.fixture(scope="module")
def daemon(shared_daemon: "DaemonProcess") -> "DaemonProcess":
    return shared_daemon


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], int]], None]:
    """Makes `koru status` do something else."""

    def replace(run: Callable[[Any], int]) -> None:
        monkeypatch.setattr("bridge.cli.daemon.status.run", run)

    return replace


def raising(error: BaseException) -> Callable[[Any], int]:
    def run(arguments: Any) -> int:
        raise error

    return run


# --- words -----------------------------------------------------------------------------------------------------------


def cli_modules() -> Iterator[str]:
    """Every module in the folders of the command line, by name."""
    root = Path(bridge.cli.__path__[0])
    for path in sorted(root.glob("*/**/*.py")):
        if path.name != "__init__.py":
            yield ".".join(("bridge", "cli", *path.relative_to(root).with_suffix("").parts))


def runnable() -> dict[str, bool]:
    """Every module that has `run`, and whether it is a verb: the help of an action stands in the list of its verb."""
    found = {name: vars(import_module(name)) for name in cli_modules()}
    return {name: "HELP" in names for name, names in found.items() if "run" in names}


def actions_of(name: str) -> tuple[str, ...]:
    """The actions that a verb lists."""
    return tuple(getattr(import_module(frame.MODULES[name]), "ACTIONS", ()))


ACTIONS = [(name, action) for name in sorted(frame.MODULES) for action in actions_of(name)]


def test_the_list_of_verbs_is_the_list_of_files() -> None:
    assert {name for name, is_verb in runnable().items() if is_verb} == set(frame.MODULES.values())
    assert all(module.rpartition(".")[2] == name for name, module in frame.MODULES.items())


def test_the_lists_of_actions_are_the_list_of_files() -> None:
    listed = {f"{frame.MODULES[name].rpartition('.')[0]}.{action}" for name, action in ACTIONS}
    assert listed == {name for name, is_verb in runnable().items() if not is_verb}
    assert len(listed) == len(ACTIONS), "two verbs list the same file"


@pytest.mark.parametrize(("name", "action"), ACTIONS)
def test_an_action_that_takes_arguments_of_its_own_explains_them(
    name: str, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module = import_module(frame.MODULES[name])
    has_parser = hasattr(import_module(f"{module.__name__.rpartition('.')[0]}.{action}"), "configure")
    assert has_parser is isinstance(module.ACTIONS, dict)
    with pytest.raises(SystemExit) as ended:
        parse(name, module, [action, "--help"])
    assert ended.value.code == 0
    assert f"usage: koru {name} {action} " in capsys.readouterr().out or not has_parser


@pytest.mark.parametrize("name", [name for name in sorted(frame.VERBS) if actions_of(name)])
def test_the_start_of_a_verb_pays_for_one_action_alone(name: str) -> None:
    first, *others = actions_of(name)
    package = frame.MODULES[name].rpartition(".")[0]
    code = f"import sys; from bridge.cli.main import main; main([{name!r}, {first!r}, '--help']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=True,
        cwd=Path(bridge.cli.__path__[0]).parents[1],
        env={**os.environ, "PYTHONPATH": "."},
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not {f"{package}.{other}" for other in others} & loaded


@pytest.mark.parametrize("name", sorted(frame.VERBS))
def test_a_verb_says_the_same_of_itself_as_the_overview(name: str) -> None:
    module = import_module(frame.MODULES[name])
    assert frame.VERBS[name] == module.HELP
    assert callable(module.run)
    with pytest.raises(SystemExit) as ended:
        parse(name, module, ["--help"])
    assert ended.value.code == 0


def test_the_overview_names_every_verb_an_example_and_the_exit_codes(koru: "Koru") -> None:
    done = koru("--help")
    assert done.returncode == 0
    for name, text in frame.VERBS.items():
        assert f"  {name:<9} {text}\n" in done.stdout
    assert frame.EXAMPLE in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert koru("help").stdout == done.stdout


def test_without_a_verb_the_overview_is_shown_and_it_is_a_usage_error(koru: "Koru") -> None:
    done = koru()
    assert (done.returncode, done.stdout) == (2, koru("--help").stdout)


def test_the_version_is_that_of_the_distribution(koru: "Koru") -> None:
    assert metadata.version("koru-bridge") == VERSION
    assert koru("--version").stdout == f"koru {VERSION}\n"


@pytest.mark.parametrize(("typed", "meant"), [("statsu", "status"), ("dirve", "drive"), ("Down", "down")])
def test_an_unknown_verb_suggests_the_nearest(koru: "Koru", typed: str, meant: str) -> None:
    done = koru(typed)
    assert done.returncode == 2
    assert f"did you mean: koru {meant}" in done.stderr


def test_an_unknown_verb_like_no_other_points_to_the_overview(koru: "Koru") -> None:
    assert "koru --help" in koru("qqqqqq").stderr


def test_what_argparse_refuses_is_a_usage_error_like_any_other(koru: "Koru") -> None:
    done = koru("up", "--sideways")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--sideways" in done.stderr
    assert "koru up --help" in done.stderr
    as_json = koru("up", "--sideways", "--json")
    assert (as_json.returncode, as_json.stderr) == (2, "")
    assert json.loads(as_json.stdout)["error"]["reason"] == "usage"


# --- exit statuses ---------------------------------------------------------------------------------------------------


def test_exit_statuses_are_numbers_in_one_place_alone() -> None:
    root = Path(bridge.cli.__path__[0])
    found = [
        f"{path.relative_to(root)}: {line}"
        for path in sorted(root.rglob("*.py"))
        if path.name not in ("exits.py", "__main__.py")
        for line in exit_numbers(path.read_text(encoding="utf-8"))
    ]
    assert not found, found


def exit_numbers(source: str) -> Iterator[str]:
    """What looks like an exit status of its own: an exit, a constant named so, or a bare number given back by `run`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="SystemExit" | "exit") | ast.Attribute(attr="exit" | "_exit")):
                yield f"line {node.lineno}: {ast.unparse(node)}"
            case ast.Assign(targets=[ast.Name(id=name)]) if "EXIT" in name and name != "EXITS":
                yield f"line {node.lineno}: {name}"
            case ast.FunctionDef(name="run" | "exit_status"):
                yield from (
                    f"line {inner.lineno}: {ast.unparse(inner)}"
                    for inner in ast.walk(node)
                    if isinstance(inner, ast.Return) and ends_in_a_number(inner.value)
                )


def ends_in_a_number(value: ast.expr | None) -> bool:
    match value:
        case ast.Constant(value=int()):
            return True
        case ast.IfExp(body=body, orelse=orelse):
            return ends_in_a_number(body) or ends_in_a_number(orelse)
        case _:
            return False


@pytest.mark.parametrize(
    "source",
    [
        "raise SystemExit(3)",
        "EXIT_GONE = 5",
        "def run(arguments):\n    return 0",
        "def exit_status(drive):\n    return 1 if drive else exits.DONE",
    ],
)
def test_an_exit_status_elsewhere_would_be_found(source: str) -> None:
    assert len(list(exit_numbers(source))) == 1


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Reason.USAGE, 2),
        (Reason.PROMPT_EMPTY, 2),
        (Reason.AMBIGUOUS_SURFACE, 2),
        (Reason.UNKNOWN_DRIVE, 2),
        (Reason.DAEMON_NOT_RUNNING, 1),
        (Reason.UNKNOWN_SURFACE, 1),
        (Reason.STATE_UNWRITABLE, 1),
        (Reason.INTERNAL, 3),
    ],
)
def test_the_reason_of_an_error_decides_the_exit_code(
    verb: Callable[..., None], capsys: pytest.CaptureFixture[str], reason: Reason, code: int
) -> None:
    verb(raising(BridgeError(reason, "what", where="here", hint="do that")))
    assert frame.main(["status"]) == code
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "koru: what (here)\n  next: do that\n")
    assert frame.main(["status", "--json"]) == code
    said = capsys.readouterr()
    assert said.err == ""
    assert json.loads(said.out) == {"error": {"reason": reason, "message": "what", "hint": "do that", "where": "here"}}


def test_json_after_a_double_dash_is_not_ours(verb: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    frame.main(["statsu", "--", "--json"])
    assert capsys.readouterr().out == ""


def test_a_bug_says_where_the_log_is_and_quotes_nothing(
    home: "Home", verb: Callable[..., None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(home.root / "state"))
    verb(raising(KeyError(PROMPT)))
    assert frame.main(["status"]) == 3
    said = capsys.readouterr().err
    log = home.state / "log" / "command.log"
    assert str(log) in said
    assert "KeyError" in said
    kept = log.read_text(encoding="utf-8")
    assert f"koru {VERSION} status" in kept
    assert __file__ in kept
    assert PROMPT not in said + kept
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_bug_is_told_even_where_no_log_can_be_written(
    home: "Home", verb: Callable[..., None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home.root / "state").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(home.root / "state"))
    verb(raising(KeyError(PROMPT)))
    assert frame.main(["status", "--json"]) == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert "cannot be written" in error["hint"]
    assert __file__ in error["where"]


def test_ctrl_c_is_130(verb: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    verb(raising(KeyboardInterrupt()))
    assert frame.main(["status"]) == 130
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_while_waiting_for_the_daemon_is_130(start: "Start") -> None:
    daemon = start()
    daemon.process.send_signal(signal.SIGSTOP)
    # The command that waits longest: the others give up after 5 s, which a busy machine may take to send the signal.
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "bridge.cli", "up"],
        env=daemon.home.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        while not has_a_socket(process.pid):
            assert process.poll() is None, "it ended before it connected"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (130, b"", b"")


def has_a_socket(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return any("socket:" in str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir())
    return False


# --- the output ------------------------------------------------------------------------------------------------------


def test_a_reader_that_leaves_is_no_bug(daemon: "DaemonProcess") -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bridge.cli", "status"],
        env=daemon.home.environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["status"], ["status", "--json"], ["statsu", "--json"]])
def test_a_full_disk_under_the_output_is_told_in_a_line(daemon: "DaemonProcess", words: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "bridge.cli", *words],
            env=daemon.home.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode in (74, 2 if words[0] == "statsu" else 74)
    assert done.stderr.startswith("koru: the output was lost")
    assert len(done.stderr.splitlines()) == 1


def test_a_closed_output_is_no_bug(daemon: "DaemonProcess") -> None:
    command = f'exec "{sys.executable}" -P -m bridge.cli status >&-'
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=daemon.home.environment(),
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("word", ["st\u00e4tus\U0001f600", "st\udcfftus"])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_characters_the_output_lacks_do_not_break_it(koru: "Koru", word: str, encoding: str) -> None:
    done = koru(word, "--json", PYTHONIOENCODING=encoding)
    assert done.returncode == 2
    assert repr(word) in json.loads(done.stdout)["error"]["message"]
    done = koru(word, PYTHONIOENCODING=encoding)
    assert done.returncode == 2
    assert "did you mean: koru status" in done.stderr
