"""What rules read in an agent's words: questions at the end, rate limits and when they are over."""

import pytest

from bridge.goals.reading import RESET_MOST_MS, question, rate_limit, resets_in

NOW = 1_790_000_000_000  # 2026-09-21T14:13:20Z
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("reply", "asked"),
    [
        ("I renamed it.\n\nShould I go on?", "Should I go on?"),
        ("Which one?\n\n```python\nprint('?')\n```", "Which one?"),
        ("**Blue or green?**", "**Blue or green?**"),
        ("どちらにしますか\N{FULLWIDTH QUESTION MARK}", "どちらにしますか\N{FULLWIDTH QUESTION MARK}"),
        ("Why did it fail? Because of the tax.", None),
        ("Done.\n```\nwhat?\n```", None),
        ("```\nnever closed?", None),
        ("", None),
        (None, None),
    ],
)
def test_a_question_is_what_a_reply_ends_with(reply: str | None, asked: str | None) -> None:
    assert question(reply) == asked


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("Rate limit reached. Try again in 2 seconds.", 2000),
        ("rate-limited: retry in 1.5s", 1500),
        ("Too many requests; wait for 300 ms", 300),
        ("You've hit your usage limit. Try again in 3 days 4 hours 12 minutes.", 3 * DAY + 4 * HOUR + 12 * MINUTE),
        ("rate limit exceeded, try again in 1h23m", HOUR + 23 * MINUTE),
        ("quota exceeded; available after about 2 minutes and 5 seconds", 2 * MINUTE + 5000),
        ("429 Too Many Requests (Retry-After: 30)", 30_000),
        ("rate limit: resets 2026-09-21T14:23:20Z", 10 * MINUTE),
        ("rate limit until 2026-09-21 16:23:20+02:00", 10 * MINUTE),
        ("rate limit until 2026-09-21 14:23 UTC", 9 * MINUTE + 40_000),
        ("rate limited for 400 days", RESET_MOST_MS),
        ("rate limit until 2026-09-21 14:23:20", None),
        ("rate limit until 2026-09-21T14:00:00Z", None),
        ("rate limit until 2026-99-99T14:00:00Z", None),
        ("rate limit: 5 of 5 requests in use", None),
        ("rate limited for 3 mornings", None),
        ("Rate limit reached.", None),
    ],
)
def test_a_rate_limit_and_its_end(said: str, wait: int | None) -> None:
    assert rate_limit(said, NOW) == (True, wait)


@pytest.mark.parametrize("said", ["", "the model is gone, try again in 5 minutes", "error 4290"])
def test_what_is_no_rate_limit(said: str) -> None:
    assert rate_limit(said, NOW) == (False, None)


def test_a_moment_that_is_over_says_nothing() -> None:
    assert (resets_in(None, NOW), resets_in(NOW - 1, NOW), resets_in(NOW + 5, NOW)) == (None, None, 5)
