"""JSON-RPC 2.0 around the messages: bytes to Call, Reply or Refused, and back. No I/O, no state.

The texts of errors made here never hold a part of what was received.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc.framing import join
from bridge.protocol.messages.base import SAFE_INTEGER, ErrorData, ErrorObject, Message

Id = int | str
ID_MAX_CHARS = 256
ERROR_TEXT_MAX_CHARS = 16_384
OUR_CODE = -32000
STANDARD_CODES: Final[dict[Reason, int]] = {
    Reason.PARSE_ERROR: -32700,
    Reason.INVALID_REQUEST: -32600,
    Reason.UNKNOWN_METHOD: -32601,
    Reason.INVALID_PARAMS: -32602,
    Reason.INTERNAL: -32603,
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_REASONS = {code: reason for reason, code in STANDARD_CODES.items()}


@dataclass(frozen=True, slots=True)
class Call:
    """A request (with an id) or a notification (without). `params` are not validated yet."""

    id: Id | None
    method: str
    params: object


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request of ours. `result` is not validated yet; with `error` it is None."""

    id: Id | None
    result: object
    error: BridgeError | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is no message. `id` is that of the request, where it could be read."""

    id: Id | None
    error: BridgeError


def read(line: bytes) -> Call | Reply | Refused:
    """What a line says. Never raises."""
    try:
        wire = from_json(line, allow_inf_nan=False)
    except ValueError as error:
        # jiter names the place and the rule, and does not quote.
        return Refused(None, BridgeError(Reason.PARSE_ERROR, f"the line is not JSON: {error}"))
    if type(wire) is not dict:
        return _refuse(None, "a line holds one JSON object; batches are not supported")
    request_id = wire.get("id")
    if request_id is not None and not _is_id(request_id):
        return _refuse(None, "an id is an integer within 2^53 or a string of 1 to 256 characters", "id")
    if wire.get("jsonrpc") != "2.0":
        return _refuse(request_id, 'every message says "jsonrpc": "2.0"', "jsonrpc")
    return _call(wire, request_id) if "method" in wire else _reply(wire, request_id)


def _call(wire: dict[str, object], request_id: Id | None) -> Call | Refused:
    method = wire["method"]
    params = wire.get("params", {})
    if type(method) is not str or not method:
        return _refuse(request_id, "a method is a non-empty string", "method")
    if type(params) is not dict:
        return _refuse(request_id, "params are an object", "params")
    if request_id is None and "id" in wire:
        return _refuse(None, "the id of a request is not null", "id")
    if "result" in wire or "error" in wire:
        return _refuse(request_id, "a message is a request or an answer, not both")
    return Call(request_id, method, params)


def _reply(wire: dict[str, object], request_id: Id | None) -> Reply | Refused:
    if ("result" in wire) == ("error" in wire):
        return _refuse(request_id, "a message has a method, a result or an error")
    if "error" in wire:
        return Reply(request_id, None, _remote_error(wire["error"]))
    if request_id is None:
        return _refuse(None, "a result carries the id of its request", "id")
    return Reply(request_id, wire["result"], None)


def _is_id(value: object) -> bool:
    if type(value) is int:
        return -SAFE_INTEGER <= value <= SAFE_INTEGER
    return type(value) is str and 1 <= len(value) <= ID_MAX_CHARS


def _refuse(request_id: Id | None, message: str, where: str | None = None) -> Refused:
    return Refused(request_id, BridgeError(Reason.INVALID_REQUEST, message, where=where))


def _remote_error(wire: object) -> BridgeError:
    try:
        error = ErrorObject.model_validate(wire)
    except ValidationError:
        return BridgeError(Reason.INVALID_RESULT, "the other side answered with an error that is not one")
    data = error.data
    if data is None:
        return BridgeError(_REASONS.get(error.code, Reason.INTERNAL), error.message)
    if data.reason in Reason.__members__.values():
        reason, message = Reason(data.reason), error.message
    else:
        reason, message = _REASONS.get(error.code, Reason.INTERNAL), f"{data.reason}: {error.message}"
    return BridgeError(reason, message, hint=data.hint, where=data.where, retry=data.retry)


def invalid(error: ValidationError, reason: Reason, subject: str) -> BridgeError:
    """The first thing that is wrong with `subject`, by its field, without the value."""
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    where = ".".join(map(str, first["loc"])) or None
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return BridgeError(reason, f"{subject}: {first['msg']}{more}", where=where)


def request_line(request_id: int, method: str, params: Message) -> bytes:
    """A request of ours. BridgeError LINE_TOO_LONG, INVALID_REQUEST."""
    return join(
        (b'{"jsonrpc":"2.0","id":%d,"method":' % request_id, to_json(method), b',"params":', _body(params), b"}")
    )


def notification_line(method: str, params: Message) -> bytes:
    """A notification. BridgeError LINE_TOO_LONG."""
    return join((b'{"jsonrpc":"2.0","method":', to_json(method), b',"params":', _told(params), b"}"))


def result_line(request_id: Id, result: Message) -> bytes:
    """The answer to a request. BridgeError LINE_TOO_LONG."""
    return join((b'{"jsonrpc":"2.0","id":', to_json(request_id), b',"result":', _told(result), b"}"))


def error_line(request_id: Id | None, error: BridgeError) -> bytes:
    """The refusal of a request; `request_id` is None where the request could not be read. Never raises."""
    hint, where = _sayable(error.hint), _sayable(error.where)
    data = ErrorData(reason=error.reason, hint=hint, where=where, retry=error.retry)
    code = STANDARD_CODES.get(error.reason, OUR_CODE)
    wire = ErrorObject(code=code, message=_sayable(error.message) or "", data=data)
    return join((b'{"jsonrpc":"2.0","id":', to_json(request_id), b',"error":', _body(wire), b"}"))


def _sayable(text: str | None) -> str | None:
    # A path can hold lone surrogates; a list of everything can be longer than a line.
    return text and text[:ERROR_TEXT_MAX_CHARS].encode("utf-8", "backslashreplace").decode("utf-8")


def _told(message: Message) -> bytes:
    """What is told holds names of files, which may be no text: their odd characters are spelled out as `\\udcff`.

    What is asked for is never altered so; it is refused.
    """
    try:
        return _body(message)
    except BridgeError:
        text = json.dumps(message.model_dump(mode="json", exclude_none=True), ensure_ascii=False)
        return _SURROGATE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text).encode("utf-8")


def _body(message: Message) -> bytes:
    try:
        return message.__pydantic_serializer__.to_json(message, exclude_none=True)
    except PydanticSerializationError:
        # The cause is cut off: it quotes the text.
        name = type(message).__name__
        hint = "send strings without lone surrogates"
        raise BridgeError(Reason.INVALID_REQUEST, f"{name} cannot be written as JSON", hint=hint) from None
