"""Asks the reviewer of a goal: reads its key from file or environment, redacts the text it gets, counts its cost."""

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from anyio import CapacityLimiter, to_thread

from bridge.contained import contained
from bridge.goals.record import GoalRecord
from bridge.goals.reviewers.base import Judgement, ReviewerError, judge, microdollars, question_text
from bridge.goals.reviewers.catalogue import KEY_ENV, MODELS
from bridge.goals.steps import Review, Reviewed, Spent
from bridge.protocol.messages.goals import ReviewerTerms

AT_ONCE = 4
KEY_MAX_BYTES = 10_000
NO_KEY = "none"  # sent to the goal's own `url` when no key is set; such a server may need none

log = logging.getLogger("koru.goals")


class Reviewing:
    """At most 4 reviews run at once, each in a worker thread. `redact` takes secrets out of a text."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._limiter = CapacityLimiter(AT_ONCE)

    async def review(self, record: GoalRecord, command: Review) -> Reviewed:
        """What the reviewer read in a reply. Its failures are not raised: `problem` says why there is no judgement."""
        terms = record.terms.reviewer
        if terms is None:
            return Reviewed(command.turn, "rules", problem="there is no reviewer")
        by = f"{terms.api}:{terms.model}"
        ask = partial(self._ask, terms, record, command)
        try:
            found, tokens_in, tokens_out = await to_thread.run_sync(ask, limiter=self._limiter, abandon_on_cancel=True)
        except ReviewerError as error:
            problem = self._redact(error.problem)[:500]
            log.warning("the reviewer %s gave no judgement: %s", by, problem)
            return Reviewed(command.turn, by, problem=problem, spent=_spent(terms, *error.tokens))
        return Reviewed(
            command.turn,
            by,
            found.question or None,
            found.answer or None,
            found.next_step or None,
            found.summary,
            spent=_spent(terms, tokens_in, tokens_out),
        )

    def _ask(self, terms: ReviewerTerms, record: GoalRecord, command: Review) -> tuple[Judgement, int, int]:
        text = question_text(record.terms.text, record.terms.notes, command.results, command.reply)
        with contained("asking the reviewer", terms.api, foreseen=(ReviewerError, ImportError)) as held:
            return judge(MODELS[terms.api], terms, _key(terms), self._redact(text))
        match held.caught:
            case ReviewerError() as error:
                raise error
            case ImportError():
                raise ReviewerError(f"the package {terms.api} is not installed: pip install koru-bridge[reviewer]")
            case error:
                raise ReviewerError(f"a fault in the daemon ({type(error).__name__})") from error


def _key(terms: ReviewerTerms) -> str:
    if terms.key_file is not None:
        try:
            with Path(terms.key_file).open(encoding="utf-8") as file:
                key = file.read(KEY_MAX_BYTES).strip()
        except (OSError, ValueError) as error:
            raise ReviewerError(f"the key in {terms.key_file} cannot be read ({type(error).__name__})") from None
    else:
        key = os.environ.get(terms.key_env or KEY_ENV[terms.api], "").strip()
    if not key and terms.url is None:
        raise ReviewerError(f"there is no key: set {terms.key_env or KEY_ENV[terms.api]} for the daemon, or key_file")
    return key or NO_KEY


def _spent(terms: ReviewerTerms, tokens_in: int, tokens_out: int) -> Spent:
    return Spent(0, tokens_in + tokens_out, microdollars(terms, tokens_in, tokens_out))
