"""OpenAI's chat completions, and every server that speaks them."""

from typing import Any

from bridge.goals.reviewers.base import RETRIES, TIMEOUT_S, TOKENS_OUT_MOST, Answer, ReviewerError
from bridge.protocol.messages.goals import ReviewerTerms


def ask(terms: ReviewerTerms, key: str, instructions: str, text: str, schema: dict[str, Any]) -> Answer:
    """See `base.Model`."""
    import openai  # takes seconds to import, so only where it is used

    try:
        with openai.OpenAI(api_key=key, base_url=terms.url, timeout=TIMEOUT_S, max_retries=RETRIES) as client:
            done = client.chat.completions.create(
                model=terms.model,
                messages=[{"role": "system", "content": instructions}, {"role": "user", "content": text}],
                max_completion_tokens=TOKENS_OUT_MOST,
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "judgement", "strict": True, "schema": schema},
                },
            )
    except openai.APIStatusError as error:
        raise ReviewerError(f"{type(error).__name__}: status {error.status_code}") from None
    except openai.OpenAIError as error:
        raise ReviewerError(f"{type(error).__name__}: {error}") from None
    except ValueError as error:  # a body that is not JSON
        raise ReviewerError(f"its answer cannot be read: {type(error).__name__}") from None
    choices = getattr(done, "choices", None)
    if not choices:
        raise ReviewerError("its answer has no choices")
    used = done.usage
    tokens = (used.prompt_tokens, used.completion_tokens) if used else (0, 0)
    message = choices[0].message
    return Answer(message.content or "", *tokens, message.refusal)
