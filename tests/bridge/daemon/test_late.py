"""A fact counts for an open drive of the window that tells it, in the epoch it was asked in; any other is late."""

import json
from typing import Any, Literal

import anyio
import pytest

from bridge.daemon.drives.late import LateFacts
from bridge.daemon.drives.store import DriveStore
from bridge.daemon.ledger_writer import LedgerWriter
from bridge.daemon.socket.connection import Connection
from bridge.daemon.socket.plugin_session import PluginSession
from bridge.drive.evidence import Fact
from bridge.drive.match import text_sha
from bridge.drive.steps import DriveEvent, Learned
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.chat import ChatEvent, FactReport
from bridge.protocol.messages.initialize import InitializeParams
from tests.bridge.conftest import plugin as plugin_info

pytestmark = pytest.mark.anyio

EPOCH = 5
TOLD = FactReport(kind="submitted", grade="host", at_ms=7, text_sha=text_sha("hello"), chat_id="c", detail="said")


def plugin(window: str) -> Connection:
    """The connection of a window's plugin in its fifth epoch."""
    words: dict[str, Any] = {"role": "plugin", "name": "p", "version": "1", "protocol": {"min": 1, "max": 1}}
    hello = InitializeParams.model_validate({**words, "plugin": plugin_info(window)})
    stream: Any = None
    connection = Connection(stream, {})
    assert hello.plugin is not None
    connection.become("plugin", PluginSession(hello, hello.plugin, 1, EPOCH, connection.peer))
    return connection


async def tell(
    journal: LedgerWriter, window: str = "w1", epoch: int = EPOCH, *, about: str | None = "d", over: bool = False
) -> tuple[list[DriveEvent], list[Any]]:
    """What the machine of the open drive hears of a fact, and the rows of what is late."""
    params = {"drive_id": "d", "text": "hello", "selector": {}, "target": {}, "deadline_ms": 60_000}
    shas = {"text_sha": text_sha("hello"), "body_sha": "b", "text_chars": 5}
    store = DriveStore(journal)
    body: dict[str, object] = {**shas, "params": params, "surface": "code:w1/chat0", "considered": []}
    drive = await store.accept("d", body, lambda drive_id, fact: None)
    if over:
        drive.over.set()
    async with anyio.create_task_group() as tasks:
        event = ChatEvent(surface_id="chat0", epoch=epoch, fact=TOLD, drive_id=about)
        LateFacts(journal, store, tasks).on_chat_event(event, plugin(window))
    rows = await journal.rows(limit=10, drive_id="d")
    return list(drive.events), [json.loads(row.body) for row in rows if row.kind == "late"]


async def test_a_fact_of_the_drives_own_window_and_epoch_counts(journal: LedgerWriter) -> None:
    (event,), late = await tell(journal)
    assert isinstance(event, Learned)
    fact = event.fact
    assert (fact.kind, fact.grade, fact.at_ms, fact.chat_id, fact.detail) == ("submitted", "host", 7, "c", "said")
    assert isinstance(fact, Fact)
    assert fact.source.startswith("code:"), "the name of the session that told it"
    assert late == []


@pytest.mark.parametrize("how", ["another window", "an earlier epoch", "over"])
async def test_any_other_fact_is_written_down_and_decides_nothing(
    journal: LedgerWriter, how: Literal["another window", "an earlier epoch", "over"]
) -> None:
    window, epoch = ("w2" if how == "another window" else "w1"), (EPOCH - 1 if how == "an earlier epoch" else EPOCH)
    heard, (row,) = await tell(journal, window, epoch, over=how == "over")
    assert heard == []
    assert (row["kind"], row["grade"], row["epoch"], row["counted"]) == ("submitted", "host", epoch, False)


@pytest.mark.parametrize("about", [None, "unknown"])
async def test_a_fact_of_no_drive_is_nothing(journal: LedgerWriter, about: str | None) -> None:
    assert await tell(journal, about=about) == ([], [])


async def test_an_epoch_that_was_never_given_is_refused(journal: LedgerWriter) -> None:
    with pytest.raises(BaseExceptionGroup) as caught:
        await tell(journal, epoch=EPOCH + 1)
    (error,) = caught.value.exceptions
    assert isinstance(error, BridgeError)
    assert error.reason is Reason.INVALID_PARAMS
