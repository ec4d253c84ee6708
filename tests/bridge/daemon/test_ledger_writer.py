"""Rows as the event loop has them: what happened is written in the end, and soon after the disk takes rows again."""

from typing import Any

import anyio
import pytest

from bridge.daemon.ledger_writer import LedgerWriter
from bridge.ledger.store import Ledger
from bridge.protocol.errors import BridgeError, Reason

pytestmark = pytest.mark.anyio

TOKEN = "gh" + "p_" + "FAKE0" * 8


async def test_a_disk_that_takes_no_row_is_tried_again_within_five_seconds(
    journal: LedgerWriter, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    whole = ledger.append

    def full(*given: Any, **named: Any) -> Any:
        if len(pauses) < 9:
            raise BridgeError(Reason.LEDGER_UNWRITABLE, "the disk is full")
        return whole(*given, **named)

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(ledger, "append", full)
    monkeypatch.setattr(anyio, "sleep", sleep)
    row = await journal.append_surely("fact", {"detail": TOKEN}, "d")
    assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0]
    assert (row.kind, TOKEN in row.body) == ("fact", False)
    assert [each.seq for each in await journal.rows(drive_id="d")] == [row.seq], "it is written once"


async def test_a_row_that_may_be_missing_is_not_tried_again(
    journal: LedgerWriter, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any, **named: Any) -> Any:
        raise BridgeError(Reason.LEDGER_UNWRITABLE, "the disk is full")

    monkeypatch.setattr(ledger, "append", full)
    with pytest.raises(BridgeError) as caught:
        await journal.append("acting", {}, "d")
    assert caught.value.reason is Reason.LEDGER_UNWRITABLE


async def test_a_row_is_told_of_once_it_is_announced(journal: LedgerWriter) -> None:
    heard: list[tuple[int, str]] = []
    end = journal.listen(lambda row: heard.append((row.seq, row.kind)))
    before = journal.last_seq()
    row = await journal.append("fact", {}, "d")
    assert (heard, journal.last_seq()) == ([], before)
    journal.announce(row)
    assert (heard, journal.last_seq()) == ([(row.seq, "fact")], row.seq)
    end()
    await journal.write("trust_set", {})
    assert heard == [(row.seq, "fact")]
