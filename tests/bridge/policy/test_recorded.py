"""What is written down holds no secret: rows through the journal, and every line of the log."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.daemon.faults import Faults
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.daemon.process import log
from bridge.ledger.store import Ledger
from bridge.policy.redaction import Redactor

TOKEN = "gh" + "p_" + "FAKE0" * 8
REDACTOR = Redactor(b"k" * 32)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path / "ledger")
    yield opened
    opened.close()


@pytest.mark.anyio
@pytest.mark.parametrize("size", [1, 5000])
async def test_rows_and_blobs(ledger: Ledger, tmp_path: Path, size: int) -> None:
    journal = LedgerWriter(ledger, tmp_path / "ledger", None, Faults(None), REDACTOR)
    body = {"reply": f"it is {TOKEN} " + "x" * size, "detail": {"deep": [TOKEN]}, "cursor": "kept", "counted": True}
    row = await journal.append("fact", body, "d")
    stored = await journal.expand(row)
    assert stored == REDACTOR.redact_body(body) == await journal.redacted(body)
    assert stored["counted"] is True and stored["cursor"] == "kept"
    files = [path for path in (tmp_path / "ledger").rglob("*") if path.is_file()]
    assert files and not [path for path in files if TOKEN.encode() in path.read_bytes()]


def test_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_redaction", [])
    log.redact_by(REDACTOR.redact)
    path = tmp_path / "daemon.log"
    with log.logging_to(path, foreground=True):
        logging.getLogger("koru.test").warning(
            "the plugin said %s", json.dumps({"password": "fake-hunter2", "t": TOKEN})
        )
    text = path.read_text(encoding="utf-8")
    assert TOKEN not in text and "hunter2" not in text
    assert "[redacted:github_token#" in text and "[redacted:password#" in text
