"""The stand-in as the vendors' own SDKs see it: its answers, streams and errors are those of the real model."""

from collections.abc import Iterator

import anthropic
import openai
import pytest
from anthropic.types import MessageParam

from tests.standin.server import Call, Fail, Raw, Say, Standin, rate_limited, standin

__all__ = ["standin"]

ASK: MessageParam = {"role": "user", "content": "ask"}
CALL = Say(calls=(Call("look", {"at": "this"}),))


@pytest.fixture
def of_openai(standin: Standin) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=standin.openai, api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def of_anthropic(standin: Standin) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=standin.anthropic, api_key="none", max_retries=0) as client:
        yield client


def test_chat_completions(standin: Standin, of_openai: openai.OpenAI) -> None:
    standin.script("whole", Say("in parts", pieces=4), CALL)
    whole = of_openai.chat.completions.create(model="m", messages=[{"role": "user", "content": "ask"}])
    assert whole.choices[0].message.content == "whole"
    with of_openai.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "ask"}], stream=True
    ) as stream:
        assert "".join(c.choices[0].delta.content or "" for c in stream if c.choices) == "in parts"
    called = of_openai.chat.completions.create(model="m", messages=[{"role": "user", "content": "ask"}])
    assert called.choices[0].finish_reason == "tool_calls"


def test_responses(standin: Standin, of_openai: openai.OpenAI) -> None:
    standin.script("whole", Say("in parts", pieces=4), Say("no", refusal=True))
    assert of_openai.responses.create(model="m", input="ask").output_text == "whole"
    with of_openai.responses.stream(model="m", input="ask") as stream:
        assert stream.get_final_response().output_text == "in parts"
    with of_openai.responses.stream(model="m", input="ask") as stream:
        item = stream.get_final_response().output[0]
    assert item.type == "message" and item.content[0].type == "refusal"


def test_responses_with_a_call(standin: Standin, of_openai: openai.OpenAI) -> None:
    standin.script(CALL)
    with of_openai.responses.stream(model="m", input="ask") as stream:
        item = stream.get_final_response().output[0]
    assert item.type == "function_call" and (item.name, item.arguments) == ("look", '{"at": "this"}')


def test_messages(standin: Standin, of_anthropic: anthropic.Anthropic) -> None:
    standin.script("whole", Say("in parts", calls=CALL.calls, pieces=4))
    whole = of_anthropic.messages.create(model="m", max_tokens=9, messages=[ASK])
    assert [block.text for block in whole.content if block.type == "text"] == ["whole"]
    with of_anthropic.messages.stream(model="m", max_tokens=9, messages=[ASK]) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["text", "tool_use"]
    assert final.content[1].type == "tool_use" and final.content[1].input == {"at": "this"}
    assert final.stop_reason == "tool_use"


def test_faults_are_the_errors_the_sdks_know(
    standin: Standin, of_openai: openai.OpenAI, of_anthropic: anthropic.Anthropic
) -> None:
    standin.script(rate_limited(7), Fail(500), rate_limited(7), Fail(500))
    with pytest.raises(openai.RateLimitError) as limited:
        of_openai.responses.create(model="m", input="ask")
    assert limited.value.response.headers["retry-after"] == "7"
    with pytest.raises(openai.InternalServerError):
        of_openai.responses.create(model="m", input="ask")
    with pytest.raises(anthropic.RateLimitError):
        of_anthropic.messages.create(model="m", max_tokens=9, messages=[ASK])
    with pytest.raises(anthropic.InternalServerError):
        of_anthropic.messages.create(model="m", max_tokens=9, messages=[ASK])


def test_an_sdk_that_tries_again_gets_the_next_reply(standin: Standin) -> None:
    standin.script(rate_limited(0), "well again")
    with openai.OpenAI(base_url=standin.openai, api_key="none", max_retries=1) as client:
        assert client.responses.create(model="m", input="ask").output_text == "well again"
    assert len(standin.requests) == 2


def test_a_cut_stream_and_a_broken_body(standin: Standin, of_anthropic: anthropic.Anthropic) -> None:
    standin.script(Say("abcdef", cut_after=1), Raw(b"{half"))
    with (
        pytest.raises(Exception, match=r"incomplete|peer closed"),
        of_anthropic.messages.stream(model="m", max_tokens=9, messages=[ASK]) as stream,
    ):
        stream.get_final_message()
    with pytest.raises((anthropic.APIError, ValueError)):
        of_anthropic.messages.create(model="m", max_tokens=9, messages=[ASK])
