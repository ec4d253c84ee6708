"""Gemini's generateContent and streamGenerateContent."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.standin.dialect import PROMPT_TOKENS, REPLY_TOKENS, Event, last_user_text
from tests.standin.reply import Fail, Request, Say

API = "gemini"
_path = re.compile(r"/models/([^/:]+):(generateContent|streamGenerateContent)$")
_STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 429: "RESOURCE_EXHAUSTED"}
_USAGE = {
    "promptTokenCount": PROMPT_TOKENS,
    "candidatesTokenCount": REPLY_TOKENS,
    "totalTokenCount": PROMPT_TOKENS + REPLY_TOKENS,
}


def request(path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Request | None:
    """See `Dialect.request`."""
    found = _path.search(path)
    if found is None:
        return None
    declared = [function for tool in body.get("tools", []) for function in tool.get("functionDeclarations", [])]
    prompt = last_user_text(body.get("contents", []), "parts")
    tools = tuple(str(function.get("name")) for function in declared)
    return Request(API, path, found[1], prompt, found[2].startswith("stream"), tools, body, headers)


def whole(request: Request, say: Say) -> object:
    """See `Dialect.whole`."""
    text = [{"text": say.text}] if say.text or not say.calls else []
    return _answer(request, [*text, *_calls(say)], _finish(say))


def events(request: Request, say: Say) -> Iterator[Event]:
    """See `Dialect.events`."""
    for part in say.parts() if say.text else ():
        yield Event(_answer(request, [{"text": part}]), part=True)
    if say.calls:
        yield Event(_answer(request, _calls(say)), part=True)
    yield Event(_answer(request, [{"text": ""}], _finish(say)))


def failure(fail: Fail) -> object:
    """See `Dialect.failure`."""
    error = {"code": fail.status, "message": fail.message, "status": _STATUSES.get(fail.status, "INTERNAL")}
    if "retry-after" not in fail.headers:
        return {"error": error}
    wait = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{fail.headers['retry-after']}s"}
    return {"error": {**error, "details": [wait]}}


def aside(path: str) -> object | None:
    """See `Dialect.aside`."""
    return {"totalTokens": PROMPT_TOKENS} if path.endswith(":countTokens") else None


def _answer(request: Request, parts: list[dict[str, Any]], finish: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": _USAGE, "modelVersion": request.model, "responseId": "stand-in"}


def _calls(say: Say) -> list[dict[str, Any]]:
    return [{"functionCall": {"name": call.name, "args": call.arguments}} for call in say.calls]


def _finish(say: Say) -> str:
    return "SAFETY" if say.refusal else "STOP"
