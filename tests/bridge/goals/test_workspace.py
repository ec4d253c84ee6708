"""The state of real folders, with git and without."""

import os
import subprocess
from pathlib import Path

import pytest

from bridge.goals.workspace import changed, look
from bridge.protocol.messages import CheckTerms


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


@pytest.mark.parametrize("name", ["shop/a.py", "new.py", "shop/żółw name.py"])
def test_an_edit_is_another_state(name: str, repository: Path) -> None:
    before = look(repository)
    (repository / name).write_text("a = 2\n", encoding="utf-8")
    after = look(repository)
    assert not before.state.same_files(after.state)
    assert changed(before, after) == [name]
    (repository / name).write_text("a = 3\n", encoding="utf-8")
    assert not after.state.same_files(look(repository).state), "an edit of a file that already differs counts, too"


def test_a_commit_is_another_state(repository: Path) -> None:
    before = look(repository)
    git(repository, "commit", "-q", "--allow-empty", "-m", "next")
    assert not before.state.same_files(look(repository).state)


@pytest.mark.parametrize("name", ["run.log", "__pycache__/a.pyc", ".pytest_cache/x"])
def test_what_tools_leave_behind_is_no_change(name: str, repository: Path) -> None:
    before = look(repository)
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_text("x", encoding="utf-8")
    assert before.state.same_files(look(repository).state)


def test_a_folder_inside_a_repository(repository: Path) -> None:
    before = look(repository / "shop")
    (repository / "shop" / "a.py").write_text("a = 2\n", encoding="utf-8")
    assert changed(before, look(repository / "shop")) == ["a.py"]


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
