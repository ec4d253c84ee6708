"""How the platform is built: stages that are resumed, rules that change its sources. Builds nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.intellij.platform import build, rules
from tests.real.intellij.platform.build import Build, Failed

STAGES = ("packages", "sources", "kotlin", "ecj", "javac", "assembly")


def test_a_stage_that_is_done_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    said: list[str] = []
    broken = {"ecj"}

    def stage(name: str) -> Callable[[Build], None]:
        def run(self: Build) -> None:
            if name in broken:
                raise Failed(f"{name} was interrupted")
            ran.append(name)

        return run

    for name in STAGES:
        monkeypatch.setattr(Build, name, stage(name))
    with pytest.raises(Failed, match="interrupted"):
        Build(tmp_path / "work", tmp_path, said.append).run()
    assert ran == ["packages", "sources", "kotlin"]
    broken.clear()
    assert Build(tmp_path / "work", tmp_path, said.append).run() == tmp_path / "work/idea"
    assert ran == list(STAGES)
    # Progress: a line for each stage that is really run.
    assert said == ["packages", "sources", "kotlin", "ecj", "ecj", "javac", "assembly"]


def test_a_command_that_fails_is_named_with_its_log(tmp_path: Path) -> None:
    builder = Build(tmp_path, tmp_path, lambda text: None)
    with pytest.raises(Failed, match=r"kotlin ended with status 1\n  next: see .*kotlin\.log"):
        builder._command("kotlin", ["false"])
    with pytest.raises(Failed, match="no-such-program"):
        builder._command("kotlin", ["no-such-program"])


def test_fields_that_a_form_binds_get_what_the_form_would_give(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    form = '<form bind-to-class="a.Page"><component binding="label"/><component binding="list"/></form>'
    (tmp_path / "a/Page.form").write_text(form)
    java = tmp_path / "a/Page.java"
    java.write_text("  private JBLabel label;\n  private JBList<String> list;\n  private JBLabel other;\n")
    rules.apply(_tree(tmp_path, []), [tmp_path])
    expected = "  private JBLabel label = new JBLabel();\n  private JBList<String> list = new JBList<>();\n"
    assert java.read_text() == expected + "  private JBLabel other;\n"


def _tree(folder: Path, edits: list[list[object]]) -> Path:
    (folder / "edits.json").write_text(json.dumps({"edits": edits}))
    return folder


@pytest.fixture(autouse=True)
def edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "EDITS", tmp_path / "edits.json")


def test_the_experimental_package_is_renamed_and_an_edit_is_made_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    source = tmp_path / "src/A.kt"
    source.write_text("import kotlinx.coroutines.experimental.launch\nval a = b.c\n")
    tree = _tree(tmp_path, [["src/A.kt", 2, r"b\.c", "b?.c"]])
    rules.apply(tree, [tmp_path / "src"])
    assert source.read_text() == "import kotlinx.coroutines.launch\nval a = b?.c\n"


def test_other_sources_than_expected_are_refused(tmp_path: Path) -> None:
    (tmp_path / "A.kt").write_text("val a = 1\n")
    with pytest.raises(rules.Unfit, match=r"A\.kt:1"):
        rules.apply(_tree(tmp_path, [["A.kt", 1, "nothing like it", ""]]), [])


def test_components_that_cannot_run_are_left_out() -> None:
    text = "<c><component><x>UpdateCheckerComponent</x></component><component><x>Kept</x></component></c>"
    assert rules.trim_components(text) == "<c><component><x>Kept</x></component></c>"


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("deb http://a.example/debian bookworm main", ["http://a.example/debian", "bookworm", "main"]),
        ("deb [arch=amd64 signed-by=/k.gpg] http://a.example sid main contrib", ["Signed-By: /k.gpg", "main contrib"]),
        ("# deb http://a.example sid main", []),
        ("deb-src http://a.example sid main", []),
    ],
)
def test_the_archives_of_this_machine_are_asked_for_sources(line: str, asked: list[str]) -> None:
    stanza = build._stanza(line)
    assert bool(stanza) == bool(asked)
    assert all(each in stanza for each in asked)
    assert not asked or stanza.startswith("Types: deb-src\n")
