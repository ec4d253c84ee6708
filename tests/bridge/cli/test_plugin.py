"""`koru plugin`, with commands that play IDEs: they install, refuse, lie, hang, and leave processes behind."""

import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.cli.main import main
from bridge.cli.plugin import ide_command
from bridge.cli.plugin import vsix as bundled_vsix
from registry.ides import IDES
from tests.daemon import eventually

if TYPE_CHECKING:
    from tests.bridge.conftest import DaemonProcess, Home

EXTENSION = "koru.koru-vscode"
# Keeps what it installed beside itself. Behaves as the file `how` beside it says.
FAKE = """#!{python}
import json, pathlib, subprocess, sys, time, zipfile
here = pathlib.Path(__file__)
store, how = here.with_suffix(".json"), here.with_suffix(".how").read_text()
arguments = sys.argv[1:]
with here.with_suffix(".calls").open("a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
if how == "fail":
    print("no space left, said the IDE", file=sys.stderr)
    sys.exit(3)
if how == "hang":
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    time.sleep(600)
if how == "leave":
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(5)"])
known = json.loads(store.read_text()) if store.exists() else {{}}
if arguments[0] == "--install-extension" and how != "lie":
    manifest = json.loads(zipfile.ZipFile(arguments[1]).read("extension/package.json"))
    known[manifest["publisher"] + "." + manifest["name"]] = manifest["version"]
    store.write_text(json.dumps(known))
if arguments[0] == "--list-extensions":
    print("Extensions installed on this computer:")
    for name, version in {{"other.thing": "9.9.9", **known}}.items():
        print(f"{{name.capitalize()}}@{{version}}")
"""

Make = Callable[..., Path]


def pack(path: Path, version: str) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        manifest = {"publisher": "koru", "name": "koru-vscode", "version": version}
        packed.writestr("extension/package.json", json.dumps(manifest))
    return path


@pytest.fixture
def vsix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The plugin that this Koru brings, in version 2.0.0; and a PATH with nothing on it."""
    packed = pack(tmp_path / "koru-vscode.vsix", "2.0.0")
    monkeypatch.setattr(bundled_vsix, "VSIX", packed)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KORU_SOCKET", str(tmp_path / "nobody.sock"))
    return packed


@pytest.fixture
def ide(tmp_path: Path, vsix: Path) -> Make:
    """Puts a command on PATH that plays an IDE."""

    def make(name: str, how: str = "work", installed: str | None = None, where: Path | None = None) -> Path:
        command = (where or tmp_path / "bin") / name
        command.write_text(FAKE.format(python=sys.executable), encoding="utf-8")
        command.chmod(0o755)
        command.with_suffix(".how").write_text(how, encoding="utf-8")
        if installed is not None:
            command.with_suffix(".json").write_text(json.dumps({EXTENSION: installed}), encoding="utf-8")
        return command

    return make


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def error(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    wire: dict[str, str] = said(capsys)["error"]
    return wire


def calls(command: Path) -> list[list[str]]:
    path = command.with_suffix(".calls")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


# --- install ---------------------------------------------------------------------------------------------------------


def test_it_installs_and_asks_again(ide: Make, vsix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = ide("code")
    assert main(["plugin", "install", "--json"]) == 0
    assert said(capsys) == {
        "extension": EXTENSION,
        "version": "2.0.0",
        "ides": [{"ide": "code", "command": str(code), "installed": "2.0.0"}],
    }
    assert calls(code) == [
        ["--install-extension", str(vsix), "--force"],
        ["--list-extensions", "--show-versions"],
    ]


def test_a_second_name_of_the_command_is_found(ide: Make, capsys: pytest.CaptureFixture[str]) -> None:
    ide("vscodium")
    assert main(["plugin", "install", "--ide", "codium"]) == 0
    out = capsys.readouterr().out
    assert "codium: 2.0.0" in out
    assert "reloaded" in out


def test_an_older_version_is_replaced(ide: Make, capsys: pytest.CaptureFixture[str]) -> None:
    ide("code", installed="1.0.0")
    assert main(["plugin", "install", "--json"]) == 0
    assert said(capsys)["ides"][0]["installed"] == "2.0.0"


def test_every_ide_found_gets_it_and_one_that_fails_stops_nobody(ide: Make, capsys: pytest.CaptureFixture[str]) -> None:
    ide("code", "fail")
    ide("codium")
    assert main(["plugin", "install", "--json"]) == 1
    failed, done = said(capsys)["ides"]
    assert (failed["ide"], done["ide"], done["installed"]) == ("code", "codium", "2.0.0")
    assert "no space left, said the IDE" in failed["error"]


def test_a_command_can_be_named(tmp_path: Path, ide: Make, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = ide("my-editor", where=elsewhere)
    assert main(["plugin", "install", "--command", str(command), "--json"]) == 0
    assert said(capsys)["ides"][0]["ide"] == "my-editor"
    assert main(["plugin", "install", "--command", "~/elsewhere/my-editor", "--ide", "cursor", "--json"]) == 0
    assert said(capsys)["ides"][0]["ide"] == "cursor"


def test_an_unknown_ide_lists_the_known_ones(vsix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin", "install", "--ide", "emacs", "--json"]) == 2
    told = error(capsys)
    assert told["reason"] == "unknown_ide"
    assert all(known in told["hint"] for known in IDES)


@pytest.mark.parametrize("words", [["--ide", "cursor"], [], ["--command", "/nowhere/code"]])
def test_a_missing_command_says_what_was_looked_for(
    vsix: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plugin", "install", *words, "--json"]) == 1
    told = error(capsys)
    assert told["reason"] == "tool_missing"
    assert (words[1] if words else "code-insiders") in told["message"]


def test_a_failing_command_shows_what_it_said(ide: Make, capsys: pytest.CaptureFixture[str]) -> None:
    ide("code", "fail")
    assert main(["plugin", "install", "--json"]) == 1
    told = error(capsys)
    assert told["reason"] == "tool_failed"
    assert "exit code 3" in told["message"] and "no space left, said the IDE" in told["message"]


def test_a_command_that_only_says_so_is_not_believed(ide: Make, capsys: pytest.CaptureFixture[str]) -> None:
    ide("code", "lie", installed="1.0.0")
    assert main(["plugin", "install", "--json"]) == 1
    assert "still lists 1.0.0" in error(capsys)["message"]


def test_a_command_that_hangs_is_ended_with_all_it_started(
    ide: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []
    real = os.killpg

    def note(group: int, number: int) -> None:
        groups.append(group)
        real(group, number)

    monkeypatch.setattr(ide_command, "INSTALL_SECONDS", 1.0)
    monkeypatch.setattr("bridge.cli.plugin.ide_command.os.killpg", note)
    ide("code", "hang")
    assert main(["plugin", "install", "--json"]) == 1
    assert "did not finish --install-extension within 1 s" in error(capsys)["message"]
    eventually(lambda: not any(map(lives, groups)), "what the command had started was gone")
    assert len(groups) == 1


def lives(group: int) -> bool:
    try:
        os.kill(-group, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_a_command_leaves_running_is_not_waited_for(ide: Make, capsys: pytest.CaptureFixture[str]) -> None:
    ide("code", "leave")
    assert main(["plugin", "install", "--json"]) == 0
    assert said(capsys)["ides"][0]["installed"] == "2.0.0"


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 torn"])
def test_a_koru_without_its_plugin_says_so(
    ide: Make, vsix: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    code = ide("code")
    vsix.unlink()
    if content is not None:
        vsix.write_bytes(content)
    assert main(["plugin", "install", "--json"]) == 1
    told = error(capsys)
    assert (told["reason"], told["where"]) == ("tool_missing", str(vsix))
    assert calls(code) == []


# --- status ----------------------------------------------------------------------------------------------------------


def test_versions_are_compared(ide: Make, capsys: pytest.CaptureFixture[str]) -> None:
    ide("code", installed="2.0.0")
    ide("codium", installed="1.0.0")
    ide("cursor")
    ide("windsurf", "fail")
    assert main(["plugin", "status", "--json"]) == 0
    report = said(capsys)
    assert {each["ide"]: (each["installed"], each["state"]) for each in report["ides"]} == {
        "code": ("2.0.0", "current"),
        "codium": ("1.0.0", "different"),
        "cursor": (None, "missing"),
        "windsurf": (None, "unknown"),
    }
    assert (report["bundled"], report["daemon"], report["sessions"]) == ("2.0.0", False, [])
    assert main(["plugin", "status"]) == 0
    page = capsys.readouterr().out
    for part in ("brings koru.koru-vscode 2.0.0", "code\t2.0.0\tup to date", "no daemon runs", "windsurf: "):
        assert part in page, part


def test_no_ide_is_an_answer_too(vsix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin", "status"]) == 0
    assert "no IDE was found on PATH" in capsys.readouterr().out
    assert main(["plugin", "status", "--ide", "code"]) == 1


def test_a_window_that_still_runs_old_code_is_seen(
    ide: Make,
    home: "Home",
    daemon: "DaemonProcess",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ide("code", installed="2.0.0")
    monkeypatch.setenv("KORU_SOCKET", str(home.socket))
    for number, (name, version) in enumerate((("koru-vscode", "1.0.0"), ("koru-vscode", "2.0.0"), ("other", "7"))):
        attach(daemon, f"w{number}", name, version)
    assert main(["plugin", "status", "--json"]) == 0
    report = said(capsys)
    assert report["daemon"] is True
    assert [(each["window_id"], each["running"], each["state"]) for each in report["sessions"]] == [
        ("w0", "1.0.0", "old_code"),
        ("w1", "2.0.0", "current"),
    ]
    assert main(["plugin", "status"]) == 0
    assert "code\t1.0.0\tstill runs another version: reload the window\tw0" in capsys.readouterr().out


def attach(daemon: "DaemonProcess", window: str, name: str, version: str) -> None:
    ide = {"product": "code", "version": "1.139.1", "app_name": "Visual Studio Code", "app_host": "desktop"}
    info = {"ide": ide, "pid": os.getpid(), "host_started_at_ms": 1, "window_id": window}
    told = {"name": name, "version": version, "plugin": {**info, "capabilities": [], "surfaces": []}}
    answer = daemon.wire().initialize("plugin", **told)
    assert "result" in answer, answer


def test_the_table_names_every_command_once() -> None:
    names = [name for ide in IDES.values() for name in ide.commands]
    assert len(names) == len(set(names))
    assert all(ide.id == key and ide.commands for key, ide in IDES.items())
    assert all(place.startswith(("/", "~/")) for ide in IDES.values() for place in ide.places)
