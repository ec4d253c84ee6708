"""OpenAI's chat completions."""

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from tests.standin.dialect import PROMPT_TOKENS, REPLY_TOKENS, Event, last_user_text, names_of
from tests.standin.reply import Call, Fail, Request, Say

API = "openai_chat"
_USAGE = {
    "prompt_tokens": PROMPT_TOKENS,
    "completion_tokens": REPLY_TOKENS,
    "total_tokens": PROMPT_TOKENS + REPLY_TOKENS,
}


def request(path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Request | None:
    """See `Dialect.request`."""
    if not path.endswith("/chat/completions"):
        return None
    prompt = last_user_text(body.get("messages", []))
    tools = names_of(body.get("tools"))
    return Request(API, path, str(body.get("model")), prompt, bool(body.get("stream")), tools, body, headers)


def whole(request: Request, say: Say) -> object:
    """See `Dialect.whole`."""
    message: dict[str, Any] = {"role": "assistant", "content": None if say.refusal else say.text or None}
    message["refusal"] = say.text if say.refusal else None
    if say.calls:
        message["tool_calls"] = [_call(call) for call in say.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(say)}
    return {**_head(request, "chat.completion"), "choices": [choice], "usage": _USAGE}


def events(request: Request, say: Say) -> Iterator[Event]:
    """See `Dialect.events`."""
    head = _head(request, "chat.completion.chunk")

    def chunk(delta: object, finish: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield Event(chunk({"role": "assistant", "content": ""}))
    for part in say.parts():
        yield Event(chunk({"refusal" if say.refusal else "content": part}), part=True)
    for index, call in enumerate(say.calls):
        yield Event(chunk({"tool_calls": [{"index": index, **_call(call)}]}))
    yield Event(chunk({}, _finish(say)))
    yield Event({**head, "choices": [], "usage": _USAGE})
    yield Event("[DONE]")


def failure(fail: Fail) -> object:
    """See `Dialect.failure`."""
    kind = "rate_limit_exceeded" if fail.status == 429 else "server_error" if fail.status >= 500 else "invalid_request"
    return {"error": {"message": fail.message, "type": kind, "param": None, "code": kind}}


def aside(path: str) -> object | None:
    """See `Dialect.aside`."""
    if not path.endswith("/models"):
        return None
    return {"object": "list", "data": [{"id": "stand-in", "object": "model", "created": 0, "owned_by": "stand-in"}]}


def _head(request: Request, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": 1_700_000_000, "model": request.model}


def _call(call: Call) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments)}
    return {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": function}


def _finish(say: Say) -> str:
    return "tool_calls" if say.calls else "stop"
