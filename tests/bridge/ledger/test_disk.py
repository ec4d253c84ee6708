"""A full disk and a read-only one, for real: file systems of their own, and the limit the system puts on files."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.ledger.chain import Row
from bridge.ledger.verdict import verify

# Fills the place it is given until an append is refused, makes room, and goes on. Prints what it saw.
FILL = """
import json, os, resource, sys
from dataclasses import asdict
from pathlib import Path
from bridge.ledger.store import Ledger
from bridge.ledger.verdict import verify
from bridge.protocol.errors import BridgeError

place, how, text = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
ballast = place / "ballast"

def take_room():
    if how == "mount":
        with ballast.open("wb") as file:
            file.write(bytes(2 * 1024 * 1024))
            os.fsync(file.fileno())
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400 * 1024, resource.RLIM_INFINITY))

def make_room():
    if how == "mount":
        ballast.unlink()
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

def append():
    body = {"n": ledger.seq + 1, "text": text * (1 if text == "small" else 400) + str(ledger.seq)}
    return ledger.append("fact", body, at_ms=1, drive_id="d")

take_room()
ledger = Ledger.open(place / "ledger")
errors = []
while len(errors) < 3 and ledger.seq < 20_000:
    try:
        append()
    except BridgeError as error:
        errors.append([error.reason, error.message])
kept = ledger.seq
full = asdict(verify(place / "ledger"))
readable = len(list(ledger.drive_rows()))
make_room()
for _ in range(100):
    append()
after = asdict(verify(place / "ledger"))
bodies = [ledger.expand(row.body)["n"] for row in ledger.drive_rows()]
ledger.close()
closed = asdict(verify(place / "ledger"))
print(json.dumps({"errors": errors, "kept": kept, "full": full, "readable": readable, "after": after,
                  "closed": closed, "in_order": bodies == list(range(2, kept + 101))}))
"""

# Opens and verifies a ledger that a read-only mount shows.
READ_ONLY = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from bridge.ledger.store import Ledger
from bridge.ledger.verdict import verify
from bridge.protocol.errors import BridgeError

said = {"verdict": asdict(verify(Path(sys.argv[1])))}
for name in sys.argv[1:]:
    try:
        Ledger.open(Path(name)).close()
        said[name] = "opened"
    except BridgeError as error:
        said[name] = error.reason
print(json.dumps(said))
"""


def run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-P", "-c", code, *arguments]


def assert_survived(said: dict[str, Any]) -> None:
    assert [reason for reason, _ in said["errors"]] == ["ledger_unwritable"] * 3
    assert said["kept"] > 10
    assert said["full"]["verdict"] == "intact"
    assert said["full"]["rows"] == said["kept"]
    assert said["readable"] == said["kept"] - 1
    for state in (said["after"], said["closed"]):
        assert (state["verdict"], state["rows"], state["torn_tail"]) == ("intact", said["kept"] + 100, False)
    assert said["in_order"] is True


@pytest.mark.parametrize("text", ["small", "large"])
def test_a_full_disk(own_mounts: list[str], tmp_path: Path, text: str) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    mount = 'mount -t tmpfs -o size=3m,mode=0700 koru-test "$1" && shift && exec "$@"'
    said = run([*own_mounts, "sh", "-c", mount, "sh", str(place), *python(FILL, str(place), "mount", text)])
    assert_survived(said)
    words = said["errors"][0][1]
    assert "full" in words or "No space left" in words


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    assert_survived(run(python(FILL, str(tmp_path), "limit", "small")))


def test_a_read_only_disk(own_mounts: list[str], directory: Path, fill: Callable[..., list[Row]]) -> None:
    rows = fill(directory, 5)
    new = directory.parent / "new"
    mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    command = python(READ_ONLY, str(directory), str(new))
    said = run([*own_mounts, "sh", "-c", mount, "sh", str(directory.parent), *command])
    assert said[str(directory)] == "ledger_unwritable"
    assert said[str(new)] == "state_unwritable"
    assert (said["verdict"]["verdict"], said["verdict"]["rows"]) == ("intact", len(rows))
    assert verify(directory).verdict == "intact"
