"""What the registry reads: ours whole, the operator's over it, and a bad file at its own cost alone."""

import json
from pathlib import Path

import pytest

from registry.document import Problem
from registry.load import Registry, builtin, load

BUILTIN = load()
NATIVE = (builtin() / "interfaces" / "vscode_native_send.yaml").read_text(encoding="utf-8")
OWN = NATIVE.replace("id: vscode_native_send", "id: own_send")


def over(tmp_path: Path, name: str, text: str | bytes) -> Registry:
    """The registry with one file of the operator."""
    data = text.encode("utf-8") if isinstance(text, str) else text
    (tmp_path / f"{name}.yaml").write_bytes(data)
    return load(tmp_path)


def problem(registry: Registry) -> Problem:
    assert len(registry.problems) == 1, registry.problems
    return registry.problems[0]


def test_our_own_files_are_whole() -> None:
    assert BUILTIN.problems == ()
    files = {path.stem for path in (builtin() / "interfaces").glob("*.yaml")}
    assert set(BUILTIN.interfaces) == files


def test_what_the_issue_of_a_registry_is_about_is_in_it() -> None:
    named = {
        "mcp_stdio_server",
        "dashboard_rest",
        "dashboard_ui",
        "browser_capture",
        "plugin_socket_vscode_family",
        "plugin_socket_jetbrains",
        "vscode_native_send",
        "antigravity_native_send",
        "cursor_native_send",
        "windsurf_native_send",
        "os_injector_xdotool",
        "os_injector_wtype",
        "os_injector_ydotool",
        "os_injector_x11",
        "clipboard",
        "filesystem_artifacts",
        "subprocess_tools",
        "remote_model_provider",
        "operator",
    }
    assert named <= set(BUILTIN.interfaces)


def test_a_file_of_the_operator_adds_an_interface(tmp_path: Path) -> None:
    registry = over(tmp_path, "own_send", OWN)
    assert not registry.problems
    assert set(registry.interfaces) - set(BUILTIN.interfaces) == {"own_send"}


def test_a_file_of_the_operator_gives_fields_anew(tmp_path: Path) -> None:
    registry = over(tmp_path, "vscode_native_send", "id: vscode_native_send\nauthority: 3\n")
    assert registry.problems == ()
    before = BUILTIN.interfaces["vscode_native_send"]
    assert registry.interfaces["vscode_native_send"] == before.model_copy(update={"authority": 3})


def test_a_file_of_the_operator_takes_an_interface_away(tmp_path: Path) -> None:
    registry = over(tmp_path, "vscode_native_send", "id: vscode_native_send\ndisabled: true\n")
    assert registry.problems == ()
    assert set(BUILTIN.interfaces) - set(registry.interfaces) == {"vscode_native_send"}
    assert registry.disabled == {"vscode_native_send"}


def test_disabling_what_is_not_there_is_told(tmp_path: Path) -> None:
    registry = over(tmp_path, "nothing", "id: nothing\ndisabled: true\n")
    assert "no interface nothing" in problem(registry).message


def test_disabling_and_saying_more_is_told(tmp_path: Path) -> None:
    registry = over(tmp_path, "vscode_native_send", "id: vscode_native_send\ndisabled: no\n")
    assert problem(registry).line == 2
    assert "vscode_native_send" in registry.interfaces


# name -> the operator's file, the line that is named (by number, or by a text in it), words of the complaint
BAD: dict[str, tuple[str | bytes, int | str, str]] = {
    "broken YAML": ("id: own_send\ntitle: [never closed\n", 3, "not YAML"),
    "nothing at all": ("", 1, "mapping"),
    "a list": ("- a\n- b\n", 1, "mapping"),
    "an unknown field": (OWN + "colour: red\n", "colour", "Extra inputs"),
    "a wrong type": (OWN.replace("authority: 90", "authority: much"), "authority", "integer"),
    "a word outside the list": (OWN.replace("family: ide_control", "family: magic"), "magic", "Input should be"),
    "a wrong type deep inside": (
        OWN.replace("can_confirm_submit: true", "can_confirm_submit: 7"),
        "submit: 7",
        "boolean",
    ),
    "another name than the file": (NATIVE, 1, "file's name"),
    "no name": ("title: nameless\n", 1, "file's name"),
    "a field twice": (OWN + "trust: autonomous\n", "autonomous", "twice"),
    "a field twice deep inside": (OWN.replace("  mode:", "  mode: x\n  mode:", 1), "mode: the command", "twice"),
    "a date that is none": (OWN.replace("2026-11-20", "2026-13-45"), 0, "month"),
    "a number for a name": (OWN + "7: 8\n", 1, "text"),
    "not UTF-8": (OWN.encode("utf-8") + b"\xff", 0, "utf-8"),
    "nested without end": ("[" * 30_000, 1, "nested deeper"),
    "an object of Python": ("id: !!python/object/apply:os.getcwd []\n", 1, "constructor"),
    "larger than is read": (OWN + "#" * 70_000, 0, "larger"),
    "a witness that acts": (OWN.replace("best_grade: host", "best_grade: witness"), "witness", "only an observation"),
    "a desktop that vouches": (OWN.replace("ide_control", "desktop_control"), "best_grade", "readback is the most"),
    "a claim that confirms": (OWN.replace("best_grade: host", "best_grade: claim"), "can_confirm", "confirms nothing"),
    "planned without a word why": (OWN + "status: planned\n", 1, "what is missing"),
    "built without a probe": (OWN.replace("probe: plugin_session", "probe: none"), "probe", "needs one"),
    "a store without a reader": (OWN.replace("probe: plugin_session", "probe: chat_store"), 1, "asks one"),
}


def line_with(text: str, part: str) -> int:
    (number,) = (number for number, line in enumerate(text.split("\n"), 1) if part in line)
    return number


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_costs_itself_alone(case: str, tmp_path: Path) -> None:
    text, where, words = BAD[case]
    line = line_with(str(text), where) if isinstance(where, str) else where
    (tmp_path / "good_one.yaml").write_text(NATIVE.replace("id: vscode_native_send", "id: good_one"), encoding="utf-8")
    registry = over(tmp_path, "own_send", text)
    assert set(registry.interfaces) - set(BUILTIN.interfaces) == {"good_one"}
    first = registry.problems[0]
    assert (Path(first.file).name, first.line) == ("own_send.yaml", line), first
    assert words in first.message
    assert str(first).startswith(f"{first.file}:{line}: ")


def test_nonsense_over_a_built_in_leaves_the_built_in(tmp_path: Path) -> None:
    registry = over(
        tmp_path,
        "plugin_socket_vscode_family",
        "id: plugin_socket_vscode_family\n"
        "verification: {mode: trust me, best_grade: witness, can_confirm_submit: true}\n",
    )
    assert problem(registry).line == 2
    assert registry.interfaces == BUILTIN.interfaces


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "own_send.yaml").mkdir()
    assert "not a file" in problem(load(tmp_path)).message


def test_a_directory_that_is_not_there_is_no_problem(tmp_path: Path) -> None:
    assert load(tmp_path / "nowhere").interfaces == BUILTIN.interfaces


def test_the_schema_takes_our_files_and_names_every_field() -> None:
    exported = json.loads((builtin() / "schema.json").read_text(encoding="utf-8"))
    fields = exported["$defs"]["Interface"]["properties"]
    for interface in BUILTIN.interfaces.values():
        assert set(interface.model_dump()) == set(fields)
