"""The system calls of a process that asks every observer everything: nothing in a store is ever opened for writing."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.observers.store_cases import Stage

STORES = Path(__file__).parent.parent / "stores"
READER = Path(__file__).parent / "read_everything.py"
WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|PROT_WRITE")
# Calls that may name a store: looking, opening, reading. Everything else on a store's path is a finding.
LOOKS = {
    *(
        "open",
        "openat",
        "openat2",
        "stat",
        "lstat",
        "newfstatat",
        "fstat",
        "statx",
        "access",
        "faccessat",
        "faccessat2",
    ),
    *("getdents64", "read", "pread64", "lseek", "close", "readlink", "readlinkat", "ioctl", "execve"),
}


def play(case: Path, root: Path) -> Iterator[Stage]:
    """The databases of every step of a case, each with what the steps before it wrote."""
    trees = sorted(path for path in case.iterdir() if path.is_dir())
    if any(case.rglob("*.sql")):
        for number, tree in enumerate(trees):
            stage = Stage(root / tree.relative_to(STORES))
            for step in trees[: number + 1]:
                stage.play(step)
            yield stage


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    if shutil.which("strace") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("strace is not installed")
        pytest.skip("strace is not installed: what the observers really do to files was not checked")
    root = tmp_path_factory.mktemp("stores")
    shutil.copytree(STORES, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sql"))
    stages = [stage for case in STORES.glob("*/*") if case.is_dir() for stage in play(case, root)]
    output = root.parent / "trace"
    command = ["strace", "-f", "-y", "-s", "300", "-e", "trace=file,desc", "-o", str(output)]
    subprocess.run([*command, sys.executable, "-P", str(READER), str(root)], check=True, timeout=240)
    for stage in stages:
        stage.close()
    named = [line.partition(" ")[2] for line in output.read_text(encoding="utf-8", errors="replace").split("\n")]
    return root, [line.strip() for line in named if str(root) in line]


def test_the_trace_saw_the_stores(trace: tuple[Path, list[str]]) -> None:
    """Each file of each case was opened, but those that the case says are left alone; of these none was."""
    root, calls = trace
    opened = {match.group(1) for call in calls if (match := re.search(r'open(?:at)?\(.*?"([^"]+)"', call))}
    for case in root.glob("*/*/"):
        expected = json.loads((case / "expected.json").read_text("utf-8"))
        files = {path for tree in case.iterdir() if tree.is_dir() for path in tree.rglob("*") if path.is_file()}
        left = {path.relative_to(case).as_posix() for path in files if str(path) not in opened}
        # The companions of a database that is left alone.
        assert {re.sub(r"-(wal|shm)$", "", path) for path in left} == set(expected.get("left_alone", {})), case


def test_no_file_of_a_store_is_opened_for_writing_locked_or_changed(trace: tuple[Path, list[str]]) -> None:
    for call in trace[1]:
        name = call.partition("(")[0]
        assert name in LOOKS, call
        assert not WRITES.search(call), call


def test_files_are_opened_without_leaving_an_access_time(trace: tuple[Path, list[str]]) -> None:
    chats = [call for call in trace[1] if call.startswith("openat") and "chatSessions/" in call]
    assert chats
    assert all("O_NOATIME" in call and "O_CLOEXEC" in call and "O_NONBLOCK" in call for call in chats)
