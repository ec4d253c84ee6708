"""One HTML page of rows and the values they name, which verifies itself in a browser, offline. Read from the files.

Rows that are not asked for are left out; of these the page has the hashes only, and says so.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.ledger.blobs import Blobs, references
from bridge.ledger.chain import GENESIS_PREV, Row
from bridge.ledger.database import check_version, reading
from bridge.ledger.snapshot import read_rows, snapshot
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION

TEMPLATE = Path(__file__).with_name("report.html")
PLACE = "/*KORU-DATA*/null"
BYTES_MOST = 64 << 20

RowFilter = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Extract:
    """Rows in their order. `links`: seq and hash of those left out between them, and of the one before the first."""

    rows: list[Row]
    links: list[tuple[int, str]]
    blobs: dict[str, str]
    keyed: bool
    total: int


def of_subject(subject: str) -> RowFilter:
    """The rows of a drive, or of a goal and its drives, whose ids begin with the goal's."""
    return lambda row: row.drive_id is not None and (row.drive_id == subject or row.drive_id.startswith(f"{subject}."))


def everything(row: Row) -> bool:
    return True


def extract(directory: Path, wanted: RowFilter) -> Extract:
    """BridgeError LEDGER_UNREADABLE; USAGE when nothing is there or it is too much for a page."""
    with _rows(directory) as rows:
        first = next(rows, None)
        keyed = first is not None and bool(json.loads(first.body).get("keyed"))
        kept, links, total = _walk(first, rows, wanted)
    if not kept:
        raise BridgeError(Reason.USAGE, "the ledger has no row of that", where=str(directory), hint="koru ledger tail")
    last = kept[-1].seq
    blobs = _blobs(directory, kept)
    return Extract(kept, [link for link in links if link[0] < last], blobs, keyed, total)


def page(found: Extract, title: str) -> str:
    """The page's text."""
    data = {
        "title": title,
        "koru": VERSION,
        "keyed": found.keyed,
        "total": found.total,
        "rows": [[r.seq, r.at_ms, r.kind, r.drive_id, r.body, r.prev, r.hash] for r in found.rows],
        "links": found.links,
        "blobs": found.blobs,
    }
    # Nothing in it can end the script, and every byte is ASCII: lone surrogates survive.
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return TEMPLATE.read_text(encoding="utf-8").replace(PLACE, text, 1)


def bodies(directory: Path, found: Extract) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Each row with its body put together."""
    blobs = Blobs(directory)
    for row in found.rows:
        yield row, blobs.expand(json.loads(row.body))


@contextmanager
def _rows(directory: Path) -> Iterator[Iterator[Row]]:
    with reading(directory), snapshot(directory) as shot:
        check_version(shot.connection, directory)
        try:
            yield read_rows(shot.connection, "ORDER BY seq")
        except (sqlite3.DatabaseError, ValueError) as error:
            message, hint = f"the ledger cannot be read: {error}", "koru ledger verify"
            raise BridgeError(Reason.LEDGER_UNREADABLE, message, where=str(directory), hint=hint) from error


def _walk(first: Row | None, rows: Iterator[Row], wanted: RowFilter) -> tuple[list[Row], list[tuple[int, str]], int]:
    kept: list[Row] = []
    links: list[tuple[int, str]] = []
    before, total = (0, GENESIS_PREV), 0
    for row in (*((first,) if first else ()), *rows):
        total = row.seq
        if wanted(row):
            if not kept:
                links = [before]
            kept.append(row)
        elif kept:
            links.append((row.seq, row.hash))
        before = (row.seq, row.hash)
    return kept, links, total


def _blobs(directory: Path, rows: list[Row]) -> dict[str, str]:
    """By hash, as Latin-1 text of their bytes."""
    store = directory / "blobs"
    found: dict[str, str] = {}
    size = 0
    for row in rows:
        for digest in references(json.loads(row.body)):
            if digest in found or Blobs(directory).complaint(digest):
                continue  # what is missing or changed is told by the page
            content = (store / digest).read_bytes()
            size += len(content)
            if size > BYTES_MOST:
                raise BridgeError(Reason.USAGE, f"more than {BYTES_MOST >> 20} MiB for one page", hint="ask for less")
            found[digest] = content.decode("latin-1")
    return found
