"""The state of real folders, with git and without."""

import os
import subprocess
from pathlib import Path

import pytest

from bridge.goals.workspace import look, named, summary
from bridge.protocol.messages.goals import CheckTerms


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.py").write_text("a = 1\n", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("*.log\n", encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "begin")
    return tmp_path


def checks(*command: str, protect: tuple[str, ...] = ()) -> list[CheckTerms]:
    return [CheckTerms(name="it", command=list(command), exit=0, cwd=".", timeout_ms=1, protect=list(protect))]


def test_the_same_files_are_the_same_state(repository: Path) -> None:
    first = look(repository)
    assert first.state.git
    assert first.state.same_files(look(repository).state)


@pytest.mark.parametrize(("name", "how"), [("shop/a.py", "+1 -1"), ("new.py", "new"), ("shop/żółw name.py", "new")])
def test_an_edit_is_another_state(name: str, how: str, repository: Path) -> None:
    before = look(repository)
    (repository / name).write_text("a = 2\n", encoding="utf-8")
    after = look(repository)
    assert not before.state.same_files(after.state)
    assert summary(repository, before, after) == [f"{name} ({how})"]
    (repository / name).write_text("a = 3\n", encoding="utf-8")
    assert not after.state.same_files(look(repository).state), "an edit of a file that already differs counts, too"


def test_a_commit_is_another_state(repository: Path) -> None:
    before = look(repository)
    git(repository, "commit", "-q", "--allow-empty", "-m", "next")
    assert not before.state.same_files(look(repository).state)


def test_what_was_committed_meanwhile_is_told_and_what_stayed_is_not(repository: Path) -> None:
    for name in ("stays.py", "goes.py", "picture"):
        (repository / name).write_text("1\n", encoding="utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "more")
    (repository / "stays.py").write_text("2\n", encoding="utf-8")
    before = look(repository)
    (repository / "shop" / "a.py").write_text("a = 1\nb = 2\n", encoding="utf-8")
    (repository / "goes.py").unlink()
    (repository / "picture").write_bytes(b"\0\1\2")
    (repository / "later.py").write_text("1\n2\n", encoding="utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "the agent's")
    told = summary(repository, before, look(repository))
    assert told == ["goes.py (removed)", "later.py (+2 -0)", "picture (edited)", "shop/a.py (+1 -0)"]


def test_a_long_list_is_cut_and_said_to_be(repository: Path) -> None:
    before = look(repository)
    for number in range(40):
        (repository / f"{number:02}.py").write_text("x", encoding="utf-8")
    told = summary(repository, before, look(repository))
    assert (len(told), told[0], told[-1]) == (31, "00.py (new)", "… and 10 more")


@pytest.mark.parametrize("name", ["run.log", "__pycache__/a.pyc", ".pytest_cache/x"])
def test_what_tools_leave_behind_is_no_change(name: str, repository: Path) -> None:
    before = look(repository)
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_text("x", encoding="utf-8")
    assert before.state.same_files(look(repository).state)


def test_a_folder_inside_a_repository(repository: Path) -> None:
    before = look(repository / "shop")
    (repository / "shop" / "a.py").write_text("a = 2\n", encoding="utf-8")
    assert summary(repository / "shop", before, look(repository / "shop")) == ["a.py (+1 -1)"]


@pytest.mark.parametrize("prepare", [False, True], ids=["no git", "no commit yet"])
def test_without_a_revision_sizes_and_times_tell(prepare: bool, tmp_path: Path) -> None:
    if prepare:
        git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1", encoding="utf-8")
    before = look(tmp_path)
    assert (before.state.git, before.state.revision, before.state.unread) == (False, None, None)
    assert before.state.same_files(look(tmp_path).state)
    (tmp_path / "a").write_text("22", encoding="utf-8")
    assert not before.state.same_files(look(tmp_path).state)
    (tmp_path / "b").write_text("1", encoding="utf-8")
    assert summary(tmp_path, before, look(tmp_path)) == ["a (edited)", "b (new)"]


def test_a_folder_that_is_gone_has_no_state_that_could_be_the_same(tmp_path: Path) -> None:
    gone = look(tmp_path / "gone")
    assert gone.files == {}


@pytest.mark.parametrize(
    ("terms", "edited", "counts"),
    [
        (checks("pytest", protect=("tests/**",)), "tests/test_a.py", True),
        (checks("pytest", protect=("tests/**",)), "tests/__pycache__/a.pyc", False),
        (checks("pytest", protect=("tests/**",)), "a.py", False),
        (checks("./check.sh"), "check.sh", True),
        (checks("sh", "check.sh"), "check.sh", True),
        (checks("python", "app.py"), "app.py", False),
    ],
)
def test_what_a_check_reads_is_protected(terms: list[CheckTerms], edited: str, counts: bool, repository: Path) -> None:
    for name in ("tests/test_a.py", "tests/__pycache__/a.pyc", "a.py", "check.sh", "app.py"):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text("1", encoding="utf-8")
    before = look(repository, terms).state.protected
    (repository / edited).write_text("2", encoding="utf-8")
    assert (look(repository, terms).state.protected != before) is counts


def test_looking_changes_nothing(repository: Path) -> None:
    index = repository / ".git" / "index"
    before = (index.stat().st_mtime_ns, sorted((repository / ".git").iterdir()))
    os.utime(repository / "shop" / "a.py", (1, 1))  # git would like to note the new time
    look(repository)
    assert (index.stat().st_mtime_ns, sorted((repository / ".git").iterdir())) == before


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (("python3", "check.py"), ["check.py"]),
        (("pytest", "-q", "tests/test_a.py::test_one", "tests/test_a.py::test_two"), ["tests/test_a.py"]),
        (("node", "lib/prices.spec.js"), ["lib/prices.spec.js"]),
        (("go", "test", "./..."), []),
        (("python3", "app.py"), []),
        (("pytest", "tests"), []),
        (("python3", "test_later.py"), []),
        (("python3", "../check.py"), []),
    ],
)
def test_checks_that_a_command_names_are_protected(command: tuple[str, ...], found: list[str], tmp_path: Path) -> None:
    (tmp_path / "check.py").touch()
    folder = tmp_path / "shop"
    for name in ("check.py", "app.py", "tests/test_a.py", "lib/prices.spec.js"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("1", encoding="utf-8")
    assert named(folder, checks(*command)) == found
    for name in found:
        before = look(folder, (), found).state.protected
        (folder / name).unlink()
        assert look(folder, (), found).state.protected != before, "to remove it is to change it"
