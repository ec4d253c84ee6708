"""A prompt that held a secret is never sent again, whether its text is still in memory or already cut to its row."""

from typing import Any, cast

import pytest
from anyio import to_thread

from bridge.daemon.drives.service import DriveService
from bridge.daemon.drives.witnesses import Witnesses
from bridge.daemon.operator.drive_mending import NOT_WHOLE, DriveMending
from bridge.drive.match import text_sha
from bridge.drive.record import DriveRecord
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.chat import ChatTarget
from bridge.protocol.messages.drive import DriveStartParams, DriveView
from bridge.protocol.messages.surfaces import SurfaceSelector

PROMPT = "use the key of the day"
REDACTED = "use [redacted:secret#0123abcd]"


def record(text: str, *secrets: str) -> DriveRecord:
    params = DriveStartParams(drive_id="d", text=text, selector=SurfaceSelector(), target=ChatTarget())
    return DriveRecord("d", params, text_sha(PROMPT), len(PROMPT), "", "code:w1/chat", 1, [], secrets=secrets)


class OneDrive:
    """Gives the record as it is at each look, and notes what would be sent."""

    def __init__(self, *looks: DriveRecord) -> None:
        self.looks = list(looks)
        self.sent: list[DriveStartParams] = []
        self.noted: list[tuple[str, dict[str, object]]] = []

    async def record(self, drive_id: str) -> DriveRecord:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    async def start(self, params: DriveStartParams) -> DriveView:
        self.sent.append(params)
        return record(params.text).view()

    async def note(self, kind: str, body: dict[str, object], drive_id: str) -> None:
        self.noted.append((kind, body))


class Store:
    """A chat's store that shows the turn, or not."""

    def __init__(self, *, shown: bool | None = None) -> None:
        self.shown = shown

    async def shows(self, record: DriveRecord) -> bool | None:
        return self.shown


def mending(drives: Any, store: Any = None) -> DriveMending:
    nothing: Any = None
    return DriveMending(cast("DriveService", drives), nothing, cast("Witnesses", store or Store()))


@pytest.mark.anyio
@pytest.mark.parametrize("found", [record(PROMPT, "token"), record(REDACTED, "token"), record(REDACTED)])
async def test_it_is_refused_whatever_is_left_of_its_text(found: DriveRecord) -> None:
    assert await to_thread.run_sync(mending(OneDrive(found)).why_not_again, "d") == NOT_WHOLE


@pytest.mark.anyio
async def test_a_text_that_was_cut_since_the_plan_is_not_sent() -> None:
    drives = OneDrive(record(PROMPT), record(REDACTED))
    asked = mending(drives)
    assert await to_thread.run_sync(asked.why_not_again, "d") is None
    with pytest.raises(BridgeError) as caught:
        await to_thread.run_sync(asked.resend, "d", "d.2")
    assert (caught.value.reason, NOT_WHOLE in caught.value.message) == (Reason.RECOVERY_UNFIT, True)
    assert (drives.sent, drives.noted) == ([], [])


@pytest.mark.anyio
async def test_a_turn_that_came_since_the_plan_is_not_sent_twice() -> None:
    drives, store = OneDrive(record(PROMPT)), Store()
    asked = mending(drives, store)
    assert await to_thread.run_sync(asked.why_not_again, "d") is None
    store.shown = True
    with pytest.raises(BridgeError) as caught:
        await to_thread.run_sync(asked.resend, "d", "d.2")
    assert caught.value.reason is Reason.RECOVERY_UNFIT
    assert (drives.sent, drives.noted) == ([], [])


@pytest.mark.anyio
async def test_what_is_whole_is_sent_as_another_drive_and_noted_after() -> None:
    drives = OneDrive(record(PROMPT))
    await to_thread.run_sync(mending(drives).resend, "d", "d.2")
    ((sent,), noted) = drives.sent, drives.noted
    assert (sent.drive_id, sent.text, sent.selector.window) == ("d.2", PROMPT, "code:w1/chat")
    assert noted == [("resent", {"drive_id": "d.2"})]
