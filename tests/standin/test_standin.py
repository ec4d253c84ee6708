"""The stand-in model as a plain HTTP client sees it: what was scripted comes back in every API, faults included."""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.standin import anthropic_messages
from tests.standin.server import Call, Fail, Raw, Request, Say, Standin, rate_limited, standin

__all__ = ["standin"]

ASK: dict[str, tuple[str, str, dict[str, Any]]] = {
    "openai_chat": ("/v1/chat/completions", "", {"messages": [{"role": "user", "content": "ask"}]}),
    "openai_responses": (
        "/v1/responses",
        "",
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "ask"}]}]},
    ),
    "anthropic": ("/v1/messages", "", {"messages": [{"role": "user", "content": [{"type": "text", "text": "ask"}]}]}),
    "gemini": (
        "/v1beta/models/m:generateContent",
        "/v1beta/models/m:streamGenerateContent?alt=sse",
        {"contents": [{"role": "user", "parts": [{"text": "ask"}]}]},
    ),
}
TEXT: dict[str, Callable[[Any], str]] = {
    "openai_chat": lambda answer: str(answer["choices"][0]["message"]["content"]),
    "openai_responses": lambda answer: str(answer["output"][0]["content"][0]["text"]),
    "anthropic": lambda answer: str(answer["content"][0]["text"]),
    "gemini": lambda answer: str(answer["candidates"][0]["content"]["parts"][0]["text"]),
}
CALLS: dict[str, Callable[[Any], tuple[str, Any]]] = {
    "openai_chat": lambda a: _function(a["choices"][0]["message"]["tool_calls"][0]["function"]),
    "openai_responses": lambda a: _function(a["output"][0]),
    "anthropic": lambda a: (a["content"][0]["name"], a["content"][0]["input"]),
    "gemini": lambda a: _gemini(a["candidates"][0]["content"]["parts"][0]["functionCall"]),
}


def _function(found: Any) -> tuple[str, Any]:
    return found["name"], json.loads(found["arguments"])


def _gemini(found: Any) -> tuple[str, Any]:
    return found["name"], found["args"]


class Client:
    """One connection to a stand-in, speaking one API."""

    def __init__(self, model: Standin, api: str) -> None:
        self.api = api
        self._connection = http.client.HTTPConnection(model.address.removeprefix("http://"), timeout=30)

    def post(self, stream: bool = False) -> None:
        """Ask, and do not wait; `answer` waits."""
        whole, streamed, body = ASK[self.api]
        path = streamed if stream and streamed else whole
        self._connection.request("POST", path, json.dumps({"model": "m", "stream": stream, **body}))

    def answer(self) -> http.client.HTTPResponse:
        return self._connection.getresponse()

    def open(self, stream: bool = False) -> http.client.HTTPResponse:
        self.post(stream)
        return self.answer()

    def ask(self) -> Any:
        return json.loads(self.open().read())

    def stream(self) -> str:
        return self.open(stream=True).read().decode()

    def get(self, path: str) -> tuple[int, Any]:
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(params=sorted(ASK))
def client(request: pytest.FixtureRequest, standin: Standin) -> Any:
    made = Client(standin, request.param)
    yield made
    made.close()


def test_replies_come_in_order_and_requests_are_recorded(standin: Standin, client: Client) -> None:
    standin.script("first", "second")
    assert [TEXT[client.api](client.ask()) for _ in range(2)] == ["first", "second"]
    assert [(r.api, r.prompt, r.model, r.stream) for r in standin.requests] == [(client.api, "ask", "m", False)] * 2
    assert standin.left == 0


def test_a_stream_carries_the_same_text_in_parts(standin: Standin, client: Client) -> None:
    standin.script(Say("abcdef", pieces=3))
    streamed = client.stream()
    assert [part for part in ("ab", "cd", "ef") if f'"{part}"' in streamed] == ["ab", "cd", "ef"]
    assert standin.requests[0].stream


def test_a_tool_call_keeps_its_arguments(standin: Standin, client: Client) -> None:
    standin.script(Say(calls=(Call("shell", {"command": "ls"}),)), Say(calls=(Call("shell", {"command": "ls"}),)))
    assert CALLS[client.api](client.ask()) == ("shell", {"command": "ls"})
    assert '"shell"' in client.stream()


def test_a_failure_is_repeated_as_often_as_told(standin: Standin, client: Client) -> None:
    standin.script(Fail(500, "broken", times=2), rate_limited(7), "well again")
    for _ in range(2):
        failed = client.open()
        assert (failed.status, "broken" in failed.read().decode()) == (500, True)
    third = client.open()
    assert (third.status, third.headers["retry-after"], bool(third.read())) == (429, "7", True)
    assert TEXT[client.api](client.ask()) == "well again"


def test_a_cut_stream_ends_without_its_end(standin: Standin, client: Client) -> None:
    standin.script(Say("abcdef", pieces=3, cut_after=1))
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.stream()
    assert b'"ab"' in caught.value.partial and b'"cd"' not in caught.value.partial


def test_a_body_that_is_not_json(standin: Standin, client: Client) -> None:
    standin.script(Raw(b"{half"))
    with pytest.raises(ValueError, match="Expecting property name"):
        client.ask()


def test_a_held_stream_goes_on_when_it_is_released(standin: Standin, client: Client) -> None:
    gate = threading.Event()
    standin.script(Say("abcdef", pieces=3, hold=gate))
    answer = client.open(stream=True)
    seen = b""
    while b'"ab"' not in seen:
        seen += answer.read1()
    assert b'"cd"' not in seen
    gate.set()
    assert b'"ef"' in answer.read()


@pytest.mark.parametrize("reads", ["before the sockets are shut down", "afterwards"])
def test_leaving_ends_a_stream_that_was_not_released(reads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the order of the threads, what was held is not sent."""
    with contextlib.ExitStack() as stack:
        with Standin() as model:
            model.script(Say("abcdef", hold=threading.Event()))
            client = stack.enter_context(contextlib.closing(Client(model, "anthropic")))
            answer = client.open(stream=True)
            assert answer.read1()
            if reads == "before the sockets are shut down":
                end, shut_down = partial(assert_cut_off, answer), model._server.disconnect
                monkeypatch.setattr(model._server, "disconnect", lambda: (end(), shut_down()))
        if reads == "afterwards":
            assert_cut_off(answer)


def assert_cut_off(answer: http.client.HTTPResponse) -> None:
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()


def test_leaving_gives_no_whole_answer_that_was_not_released() -> None:
    asked = threading.Event()

    def scripted(_: Request) -> bool:
        asked.set()
        return True

    with contextlib.ExitStack() as stack:
        with Standin(scripted=scripted) as model:
            model.script(Say("abcdef", hold=threading.Event()))
            client = stack.enter_context(contextlib.closing(Client(model, "anthropic")))
            client.post()
            assert asked.wait(30)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            client.answer()


def test_a_refusal_says_so(standin: Standin, client: Client) -> None:
    standin.script(Say("no", refusal=True))
    marks = {
        "openai_chat": '"refusal": "no"',
        "openai_responses": '"refusal"',
        "anthropic": '"refusal"',
        "gemini": "SAFETY",
    }
    assert marks[client.api] in json.dumps(client.ask())


def test_what_was_not_scripted_is_an_error(standin: Standin, client: Client) -> None:
    answer = client.open()
    assert (answer.status, b"nothing was scripted" in answer.read()) == (400, True)


def test_side_questions_do_not_eat_the_script() -> None:
    with Standin(scripted=lambda request: bool(request.tools), otherwise="a title") as model:
        model.script("the answer")
        client = Client(model, "openai_chat")
        assert TEXT["openai_chat"](client.ask()) == "a title"
        assert model.left == 1
        client.close()


def test_other_paths_are_strays(standin: Standin) -> None:
    client = Client(standin, "openai_chat")
    assert client.get("/v1/models")[0] == 200
    assert client.get("/telemetry?x=1")[0] == 404
    assert [stray.path for stray in standin.strays] == ["/telemetry?x=1"]
    assert not standin.requests
    client.close()


def test_the_prompt_is_the_last_text_of_the_user(standin: Standin) -> None:
    """A result of a tool is sent in the user's place, and is not a prompt."""
    body = {
        "messages": [
            {"role": "user", "content": "ask"},
            {"role": "user", "content": [{"type": "tool_result", "content": "x"}]},
        ]
    }
    request = anthropic_messages.request("/v1/messages", body, {})
    assert isinstance(request, Request) and request.prompt == "ask"
