"""Anthropic's messages."""

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from tests.standin.dialect import PROMPT_TOKENS, REPLY_TOKENS, Event, last_user_text, names_of
from tests.standin.reply import Call, Fail, Request, Say

API = "anthropic"
_KINDS = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}


def request(path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Request | None:
    """See `Dialect.request`."""
    if not path.endswith("/v1/messages"):
        return None
    prompt = last_user_text(body.get("messages", []))
    tools = names_of(body.get("tools"))
    return Request(API, path, str(body.get("model")), prompt, bool(body.get("stream")), tools, body, headers)


def whole(request: Request, say: Say) -> object:
    """See `Dialect.whole`."""
    text = [{"type": "text", "text": say.text}] if say.text or not say.calls else []
    return {
        **_message(request),
        "content": [*text, *map(_call, say.calls)],
        "stop_reason": _stop(say),
        "usage": _usage(REPLY_TOKENS),
    }


def events(request: Request, say: Say) -> Iterator[Event]:
    """See `Dialect.events`."""
    for event in _events(request, say):
        yield Event(event, event["type"], event["type"] == "content_block_delta")


def failure(fail: Fail) -> object:
    """See `Dialect.failure`."""
    kind = _KINDS.get(fail.status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": fail.message}, "request_id": f"req_{uuid.uuid4().hex}"}


def aside(path: str) -> object | None:
    """See `Dialect.aside`."""
    return {"input_tokens": PROMPT_TOKENS} if path.endswith("/v1/messages/count_tokens") else None


def _events(request: Request, say: Say) -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": {**_message(request), "content": [], "stop_reason": None}}
    first_call = 0
    if say.text or not say.calls:
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        for part in say.parts():
            yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": part}}
        yield {"type": "content_block_stop", "index": 0}
        first_call = 1
    for index, call in enumerate(say.calls, first_call):
        block = _call(call)
        delta = {"type": "input_json_delta", "partial_json": json.dumps(call.arguments)}
        yield {"type": "content_block_start", "index": index, "content_block": {**block, "input": {}}}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ending = {"stop_reason": _stop(say), "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": {"output_tokens": REPLY_TOKENS}}
    yield {"type": "message_stop"}


def _message(request: Request) -> dict[str, Any]:
    identity = {"id": f"msg_{uuid.uuid4().hex[:24]}", "type": "message", "role": "assistant"}
    return {**identity, "model": request.model, "stop_sequence": None, "usage": _usage(1)}


def _usage(output: int) -> dict[str, int]:
    cached = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    return {"input_tokens": PROMPT_TOKENS, "output_tokens": output, **cached}


def _call(call: Call) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": call.name, "input": call.arguments}


def _stop(say: Say) -> str:
    return "refusal" if say.refusal else "tool_use" if say.calls else "end_turn"
