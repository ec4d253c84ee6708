"""Anthropic's messages."""

from typing import Any

from bridge.goals.reviewers.base import RETRIES, TIMEOUT_S, TOKENS_OUT_MOST, Answer, ReviewerError
from bridge.protocol.messages.goals import ReviewerTerms


def ask(terms: ReviewerTerms, key: str, instructions: str, text: str, schema: dict[str, Any]) -> Answer:
    """See `base.Model`."""
    import anthropic  # takes seconds to import, so only where it is used

    try:
        with anthropic.Anthropic(api_key=key, base_url=terms.url, timeout=TIMEOUT_S, max_retries=RETRIES) as client:
            done = client.messages.create(
                model=terms.model,
                max_tokens=TOKENS_OUT_MOST,
                system=instructions,
                messages=[{"role": "user", "content": text}],
                output_config={"format": {"type": "json_schema", "schema": schema}},
            )
    except anthropic.APIStatusError as error:
        raise ReviewerError(f"{type(error).__name__}: status {error.status_code}") from None
    except anthropic.AnthropicError as error:
        raise ReviewerError(f"{type(error).__name__}: {error}") from None
    except ValueError as error:  # a body that is not JSON
        raise ReviewerError(f"its answer cannot be read: {type(error).__name__}") from None
    content = getattr(done, "content", None)
    if content is None:
        raise ReviewerError("its answer has no content")
    said = "".join(block.text for block in content if block.type == "text")
    used = done.usage
    tokens = (used.input_tokens, used.output_tokens) if used else (0, 0)
    return Answer(said, *tokens, said if done.stop_reason == "refusal" else None)
