"""Bytes to messages and back; nothing that comes in may raise or be quoted."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc import envelope
from bridge.protocol.jsonrpc.envelope import Call, Refused, Reply
from bridge.protocol.jsonrpc.framing import LINE_MAX_BYTES
from bridge.protocol.messages.base import Empty
from bridge.protocol.messages.chat import ChatOpenParams
from bridge.protocol.messages.drive import LookupParams
from bridge.protocol.messages.log import LogMessage

PROMPT = "correct horse battery staple"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error"])


@given(st.binary())
def test_any_bytes_are_read(line: bytes) -> None:
    assert isinstance(envelope.read(line), Refused)


@given(st.dictionaries(FIELDS, JSON), st.booleans())
def test_any_object_is_read(wire: dict[str, Any], versioned: bool) -> None:
    line = json.dumps(wire | ({"jsonrpc": "2.0"} if versioned else {})).encode("utf-8")
    message = envelope.read(line)
    assert isinstance(message, Call | Reply | Refused)
    if isinstance(message, Call):
        assert message.method == wire["method"]
        assert message.params == wire.get("params", {})


@pytest.mark.parametrize(
    "line",
    [
        f"{PROMPT}",
        f'{{"text": "{PROMPT}',
        f'["{PROMPT}"]',
        f'{{"jsonrpc": "{PROMPT}"}}',
        f'{{"jsonrpc": "2.0", "id": ["{PROMPT}"]}}',
        f'{{"jsonrpc": "2.0", "id": 1, "method": "x", "params": "{PROMPT}"}}',
        f'{{"jsonrpc": "2.0", "id": 1, "error": "{PROMPT}"}}',
    ],
)
def test_a_refusal_quotes_nothing(line: str) -> None:
    message = envelope.read(line.encode("utf-8"))
    assert isinstance(message, Refused | Reply)
    assert PROMPT not in f"{message.error} {message.error!r}"


def test_an_invalid_message_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as caught:
        LookupParams.model_validate({"drive_id": f"{PROMPT}!", "x": PROMPT})
    error = envelope.invalid(caught.value, Reason.INVALID_PARAMS, "drive/lookup")
    assert PROMPT not in f"{error} {caught.value}"
    assert error.where == "drive_id"


def test_lines_are_what_they_say() -> None:
    params = LogMessage(level="info", message="\u2028\U0001f600")
    assert envelope.read(envelope.request_line(7, "log/message", params)[:-1]) == Call(
        7, "log/message", {"level": "info", "message": "\u2028\U0001f600"}
    )
    assert envelope.read(envelope.notification_line("ping", Empty())[:-1]) == Call(None, "ping", {})
    assert envelope.read(envelope.result_line('"a\n', Empty())[:-1]) == Reply('"a\n', {}, None)


def test_what_is_not_given_is_not_written() -> None:
    target = ChatOpenParams(surface_id="s")
    assert envelope.notification_line("chat/open", target).endswith(b'"params":{"surface_id":"s"}}\n')
    assert b"null" not in envelope.error_line(1, BridgeError(Reason.TIMEOUT, "late"))


def test_an_error_survives_the_way() -> None:
    sent = BridgeError(Reason.OVERLOADED, "too many", hint="wait", where="here", retry=True)
    reply = envelope.read(envelope.error_line(1, sent)[:-1])
    assert isinstance(reply, Reply)
    assert reply.error is not None
    got = reply.error
    assert (got.reason, got.message, got.hint, got.where, got.retry) == (
        Reason.OVERLOADED, "too many", "wait", "here", True
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "reason", "text"),
    [
        ({"code": -32601, "message": "no"}, Reason.UNKNOWN_METHOD, "no"),
        ({"code": 5, "message": "no"}, Reason.INTERNAL, "no"),
        ({"code": -32000, "message": "no", "data": {"reason": "too_sunny"}}, Reason.INTERNAL, "too_sunny: no"),
        ({"code": -32000, "message": "no", "data": {"reason": "timeout"}}, Reason.TIMEOUT, "no"),
        ("no", Reason.INVALID_RESULT, "the other side answered with an error that is not one"),
    ],
)
def test_errors_of_others(error: object, reason: Reason, text: str) -> None:
    reply = envelope.read(json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode("utf-8"))
    assert isinstance(reply, Reply)
    assert reply.error is not None
    assert (reply.error.reason, reply.error.message) == (reason, text)


def test_every_error_can_be_said() -> None:
    error = BridgeError(Reason.TOOL_FAILED, "x" * LINE_MAX_BYTES, where="/home/\udcff", hint="\ud800" * LINE_MAX_BYTES)
    reply = envelope.read(envelope.error_line(1, error)[:-1])
    assert isinstance(reply, Reply)
    assert reply.error is not None
    assert reply.error.where == "/home/\\udcff"


def test_a_name_that_is_no_text_is_spelled_out_where_it_is_told() -> None:
    told = LogMessage(level="info", message="/a\udcff/\\udcff \u20ac")
    assert (
        json.loads(envelope.notification_line("log/message", told))["params"]["message"] == "/a\\udcff/\\udcff \u20ac"
    )
    assert json.loads(envelope.result_line(1, told))["result"]["message"] == "/a\\udcff/\\udcff \u20ac"


@pytest.mark.parametrize(("text", "reason"), [("\ud800", "invalid_request"), ("x" * LINE_MAX_BYTES, "line_too_long")])
def test_what_no_reader_accepts_is_not_written(text: str, reason: str) -> None:
    with pytest.raises(BridgeError) as caught:
        envelope.request_line(1, "log/message", LogMessage(level="info", message=text))
    assert caught.value.reason == reason
    assert caught.value.__suppress_context__ or not caught.value.__context__, "the cause quotes the text"
