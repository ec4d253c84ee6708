"""The log: private, bounded, one line a record, and without the texts of foreign exceptions."""

import logging
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bridge.crash import describe
from bridge.daemon.process import log
from bridge.daemon.process.log import logging_to

LOG = logging.getLogger("bridge.test")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "daemon.log"


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_records_are_written_before_the_block_ends(path: Path) -> None:
    with logging_to(path, foreground=True):
        LOG.info("hello %d", 1)
    assert text_of(path).endswith("INFO bridge.test: hello 1\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_never_written_through_a_link(path: Path) -> None:
    (path.parent / "treasure").touch()
    path.symlink_to(path.parent / "treasure")
    with pytest.raises(OSError, match="symbolic links"), logging_to(path, foreground=True):
        pass
    assert text_of(path) == ""


def test_it_is_rotated_by_size_and_each_file_is_private(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "FILE_MAX_BYTES", 1000)
    with logging_to(path, foreground=True):
        for number in range(200):
            LOG.info("line %d", number)
    files = sorted(path.parent.iterdir())
    assert len(files) == 1 + log.FILES_KEPT
    assert all(file.stat().st_size <= 1000 for file in files)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert "line 199" in text_of(path)


PRINTS = """
import logging, os, sys
from pathlib import Path
from bridge.daemon.process import log
log.FILE_MAX_BYTES = 1000
with log.logging_to(Path(sys.argv[1]), foreground=False):
    for number in range(30):
        logging.info("line %d", number)
        if number == 29:
            logging.info("x" * 900)
os.write(2, b"printed at the end\\n")
"""


def test_what_is_printed_goes_to_the_file_in_use_after_a_rotation_too(path: Path) -> None:
    subprocess.run([sys.executable, "-P", "-c", PRINTS, str(path)], check=True, timeout=30)
    assert path.with_name("daemon.log.1").exists()
    assert "printed at the end" in text_of(path)


def test_a_text_cannot_pass_for_a_record_or_steer_a_terminal(path: Path) -> None:
    with logging_to(path, foreground=True):
        LOG.info("one\n2026-01-01T00:00:00.000Z ERROR forged\r\x1b[2J\x9b\u2028two")
    lines = text_of(path).split("\n")
    assert len([line for line in lines if line and not line.startswith(" ")]) == 1
    assert not set(text_of(path)) & set("\r\x1b\x9b\u2028")


def test_the_text_of_a_foreign_exception_is_left_out_and_its_place_is_not(path: Path) -> None:
    prompt = "fix the" + " tests"
    with logging_to(path, foreground=True):
        try:
            try:
                int(prompt)
            except ValueError as error:
                raise KeyError(prompt) from error
        except KeyError:
            LOG.exception("it failed")
    assert prompt not in text_of(path)
    for part in ("it failed", "builtins.KeyError", "builtins.ValueError", __file__):
        assert part in text_of(path)


def test_what_does_not_fit_is_counted_and_nobody_waits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "WAITING_MAX", 10)
    disk = threading.Event()
    write = log._PrivateFile.emit

    def slow(handler: log._PrivateFile, record: logging.LogRecord) -> None:
        disk.wait(30)
        write(handler, record)

    monkeypatch.setattr(log._PrivateFile, "emit", slow)
    with logging_to(path, foreground=True):
        for number in range(100):
            LOG.info("line %d", number)
        disk.set()
    assert re.search(r"(8\d|9\d) records were dropped", text_of(path))


def test_describing_a_group_names_every_part() -> None:
    group = ExceptionGroup("several", [ValueError("a"), KeyError("b")])
    text = describe(group)
    assert "ExceptionGroup" in text
    assert "builtins.ValueError" in text
    assert "builtins.KeyError" in text


def test_describing_a_circle_ends() -> None:
    error = ValueError()
    error.__context__ = KeyError()
    error.__context__.__context__ = error
    assert describe(error).count("ValueError") == 1
