"""OpenAI's responses."""

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from tests.standin import openai_chat
from tests.standin.dialect import PROMPT_TOKENS, REPLY_TOKENS, Event, last_user_text, names_of
from tests.standin.reply import Call, Fail, Request, Say

API = "openai_responses"
_USAGE = {
    "input_tokens": PROMPT_TOKENS,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": REPLY_TOKENS,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": PROMPT_TOKENS + REPLY_TOKENS,
}


def request(path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Request | None:
    """See `Dialect.request`."""
    if not path.endswith("/responses"):
        return None
    said = body.get("input", [])
    prompt = said if isinstance(said, str) else last_user_text(said)
    tools = names_of(body.get("tools"))
    return Request(API, path, str(body.get("model")), prompt, bool(body.get("stream")), tools, body, headers)


def whole(request: Request, say: Say) -> object:
    """See `Dialect.whole`."""
    output = ([_message(say)] if say.text or not say.calls else []) + [_call(call) for call in say.calls]
    return _response(request, "completed", output)


def events(request: Request, say: Say) -> Iterator[Event]:
    """See `Dialect.events`."""
    for number, event in enumerate(_events(request, say)):
        kind = event.data["type"] if isinstance(event.data, dict) else ""
        yield Event({**event.data, "sequence_number": number} if isinstance(event.data, dict) else "", kind, event.part)


def failure(fail: Fail) -> object:
    """See `Dialect.failure`."""
    return openai_chat.failure(fail)


def aside(path: str) -> object | None:
    """See `Dialect.aside`. The list of models is the same as that of the chat completions."""
    return None


def _events(request: Request, say: Say) -> Iterator[Event]:
    done: list[dict[str, Any]] = []
    response = _response(request, "in_progress", [])
    yield Event({"type": "response.created", "response": response})
    yield Event({"type": "response.in_progress", "response": response})
    if say.text or not say.calls:
        done.append(_message(say))
        yield from _message_events(say, done[0])
    for call in say.calls:
        item = _call(call)
        yield from _call_events(item, len(done))
        done.append(item)
    yield Event(
        {"type": "response.completed", "response": {**response, "status": "completed", "output": done, "usage": _USAGE}}
    )


def _message_events(say: Say, item: dict[str, Any]) -> Iterator[Event]:
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    kind, key = ("refusal", "refusal") if say.refusal else ("output_text", "text")
    empty = {**item["content"][0], key: ""}
    yield Event({"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}})
    yield Event({"type": "response.content_part.added", **place, "part": empty})
    for part in say.parts():
        yield Event({"type": f"response.{kind}.delta", **place, "delta": part, "logprobs": []}, part=True)
    yield Event({"type": f"response.{kind}.done", **place, key: say.text, "logprobs": []})
    yield Event({"type": "response.content_part.done", **place, "part": item["content"][0]})
    yield Event({"type": "response.output_item.done", "output_index": 0, "item": item})


def _call_events(item: dict[str, Any], index: int) -> Iterator[Event]:
    place = {"item_id": item["id"], "output_index": index}
    yield Event({"type": "response.output_item.added", "output_index": index, "item": {**item, "arguments": ""}})
    yield Event({"type": "response.function_call_arguments.delta", **place, "delta": item["arguments"]}, part=True)
    yield Event({"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]})
    yield Event({"type": "response.output_item.done", "output_index": index, "item": item})


def _response(request: Request, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": request.model,
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": _USAGE if status == "completed" else None,
    }


def _message(say: Say) -> dict[str, Any]:
    text = {"type": "output_text", "text": say.text, "annotations": [], "logprobs": []}
    content = {"type": "refusal", "refusal": say.text} if say.refusal else text
    identity = f"msg_{uuid.uuid4().hex}"
    return {"id": identity, "type": "message", "status": "completed", "role": "assistant", "content": [content]}


def _call(call: Call) -> dict[str, Any]:
    return {
        "id": f"fc_{uuid.uuid4().hex}",
        "type": "function_call",
        "status": "completed",
        "call_id": f"call_{uuid.uuid4().hex[:24]}",
        "name": call.name,
        "arguments": json.dumps(call.arguments),
    }
