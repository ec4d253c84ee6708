"""The vectors, against the Python side of the wire. They say what each language must accept and refuse."""

import base64
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import ValidationError

from bridge.drive.match import normalise, text_sha
from bridge.protocol.codegen.shapes import message
from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc import envelope
from bridge.protocol.jsonrpc.envelope import Call, Refused
from bridge.protocol.jsonrpc.framing import LineReader, Oversize
from bridge.protocol.jsonrpc.peer import Handler, Peer
from bridge.protocol.messages.base import Empty, Message
from bridge.protocol.methods import METHODS

VECTORS = Path(__file__).parents[2] / "vectors"
Against = Callable[..., AbstractAsyncContextManager[tuple[Peer, Any]]]


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


ALL = [vector for path in sorted(VECTORS.glob("*.jsonl")) for vector in read(path)]


def of_kind(*kinds: str) -> pytest.MarkDecorator:
    chosen = [vector for vector in ALL if vector.get("kind") in kinds]
    return pytest.mark.parametrize("vector", chosen, ids=[vector["name"] for vector in chosen])


def type_of(vector: dict[str, Any]) -> type[Message]:
    if "type" in vector:
        kind = message(vector["type"])
        return kind
    method = METHODS[vector["method"]]
    found = method.params if vector["kind"] == "params" else method.result
    assert found is not None
    return found


def encoded(message: Message) -> Any:
    return json.loads(message.model_dump_json(exclude_none=True))


def line_of(vector: dict[str, Any]) -> bytes:
    if "base64" in vector:
        return base64.b64decode(vector["base64"])
    line: str = vector["line"]
    if "pad_to" in vector:
        line = line.replace("<pad>", "x" * (vector["pad_to"] - len(line.encode("utf-8")) + len("<pad>")))
    return line.encode("utf-8")


def test_names_are_unique() -> None:
    names = [vector["name"] for vector in ALL]
    assert len(names) == len(set(names))


def test_kinds_are_known() -> None:
    kinds = {vector.get("kind", "hash") for vector in ALL}
    assert kinds == {"params", "result", "error", "line", "conversation", "hash"}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_an_accepted_and_a_refused_vector(method: str) -> None:
    def has(kind: str, valid: bool) -> bool:
        wanted = {"kind": kind, "method": method, "valid": valid}
        return any(wanted.items() <= vector.items() for vector in ALL)

    assert has("params", True), f"no accepted params of {method}"
    assert has("params", False), f"no refused params of {method}"
    if METHODS[method].result is not None:
        assert has("result", True), f"no accepted result of {method}"
        assert has("result", False), f"no refused result of {method}"


@of_kind("params", "result", "error")
def test_message(vector: dict[str, Any]) -> None:
    kind = type_of(vector)
    text = json.dumps(vector["wire"], ensure_ascii=False)
    if vector["valid"]:
        for message in (kind.model_validate(vector["wire"]), kind.model_validate_json(text)):
            assert encoded(message) == vector.get("encoded", vector["wire"])
        return
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(vector["wire"])
    assert envelope.invalid(caught.value, Reason.INVALID_PARAMS, "it").where == vector["where"]
    with pytest.raises(ValidationError):
        kind.model_validate_json(text)


def understood(vector: dict[str, Any]) -> tuple[str, Any]:
    """What a line is, and its params or the reason why it is refused."""
    (line,) = LineReader().feed(line_of(vector) + b"\n")
    if isinstance(line, Oversize):
        return "refused", Reason.LINE_TOO_LONG
    message = envelope.read(line)
    if isinstance(message, Refused):
        return "refused", message.error.reason
    if isinstance(message, Call):
        return call(message)
    return ("error", None) if message.error else ("result", None)


def call(message: Call) -> tuple[str, Any]:
    method = METHODS.get(message.method)
    if method is None:
        return "refused", Reason.UNKNOWN_METHOD
    if (message.id is None) != (method.result is None):
        return "refused", Reason.INVALID_REQUEST
    try:
        params = encoded(method.params.model_validate(message.params))
    except ValidationError:
        return "refused", Reason.INVALID_PARAMS
    return "notification" if message.id is None else "request", params


@of_kind("line")
def test_line(vector: dict[str, Any]) -> None:
    what, detail = understood(vector)
    if not vector["valid"]:
        assert (what, detail) == ("refused", vector["reason"])
        return
    assert what == vector["is"]
    if "params" in vector:
        expected = (
            {"level": "info", "message": "x" * len(detail["message"])} if "pad_to" in vector else vector["params"]
        )
        assert detail == expected


async def refuse(params: Message) -> Message:
    raise BridgeError(Reason.UNKNOWN_DRIVE, "the vectors know no drive")


@pytest.mark.anyio
@of_kind("line")
async def test_line_at_a_peer(vector: dict[str, Any], against: Against) -> None:
    """The same verdict when the line comes over a socket to a peer that can do everything."""
    seen: list[Any] = []

    async def tell(params: Message) -> None:
        seen.append(encoded(params))

    handlers: dict[str, Handler] = {name: refuse if method.result else tell for name, method in METHODS.items()}
    del handlers["ping"]
    async with against(handlers) as (peer, raw):
        await raw.say(line_of(vector), '{"jsonrpc":"2.0","id":"last","method":"ping"}')
        answers = []
        while (answer := await raw.hear())["id"] != "last":
            answers.append(answer)
        for _ in range(3 if vector.get("is") == "notification" else 0):
            await anyio.wait_all_tasks_blocked()
    silent = vector.get("silent", False) or vector.get("is") in ("result", "error")
    assert peer.counts.replies_ignored + peer.counts.notifications_ignored == silent
    assert len(seen) == (vector.get("is") == "notification")
    reasons = [answer["error"]["data"]["reason"] for answer in answers if "error" in answer]
    assert reasons == ([] if vector["valid"] or silent else [vector["reason"]])
    assert len(answers) == (not silent and not seen)
    assert peer.gone is not None, "the peer was still there at the end"


@pytest.mark.anyio
@of_kind("conversation")
async def test_conversation(vector: dict[str, Any], against: Against) -> None:
    """`steps` are lines of one connection none of whose requests is answered; a reason is that of a refusal."""

    async def never(params: Message) -> Message:
        await anyio.sleep_forever()
        return Empty()

    async with against({"drive/get": never}) as (_, raw):
        for step in vector["steps"]:
            await raw.say(step["line"])
            if step["reason"]:
                answer = await raw.hear()
                assert (answer["id"], answer["error"]["data"]["reason"]) == (None, step["reason"])
        await raw.say('{"jsonrpc":"2.0","id":"last","method":"ping"}')
        assert (await raw.hear())["id"] == "last"


HASHES = read(VECTORS / "text_hash.jsonl")


@pytest.mark.parametrize("vector", HASHES, ids=[vector["name"] for vector in HASHES])
def test_text_hash(vector: dict[str, str]) -> None:
    assert normalise(vector["text"]) == vector["normalised"]
    assert text_sha(vector["text"]) == vector["sha256"]
