"""What the lanes reported, and how it is told at the end."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

SLOWEST = 20
WIDTH = 100


@dataclass(frozen=True, slots=True)
class Done:
    """One test that ended. `why` is what pytest says of a failure, in full."""

    test: str
    outcome: Literal["passed", "failed", "skipped"]
    seconds: float
    markers: Sequence[str]
    why: str


@dataclass(slots=True)
class Tally:
    """What one lane reported so far. `left_out` are modules that were skipped as they were imported."""

    lane: str
    collected: int = 0
    done: list[Done] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    ended: int | None = None

    def take(self, line: bytes) -> Done | None:
        """One line of the lane's log; the test it tells of."""
        said = json.loads(line)
        if "test" in said:
            self.done.append(Done(**said))
            return self.done[-1]
        if "left_out" in said:
            self.left_out.append(said["left_out"])
        self.collected = said.get("collected", self.collected)
        self.ended = said.get("ended", self.ended)
        return None

    @property
    def failed(self) -> int:
        return sum(each.outcome == "failed" for each in self.done)

    @property
    def seconds(self) -> float:
        return sum(each.seconds for each in self.done)

    def progress(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.lane} {len(self.done)}/{self.collected or '?'}{failed}"


def failures(tallies: Iterable[Tally]) -> Iterator[str]:
    """Each failure in full."""
    for tally in tallies:
        for each in tally.done:
            if each.outcome == "failed":
                yield f"{f' {tally.lane}: {each.test} ':=^{WIDTH}}\n{each.why}\n"


def skips(tallies: Iterable[Tally]) -> Iterator[str]:
    """Each module and test that did not run."""
    for tally in tallies:
        yield from (f"skipped in {tally.lane}: {module}, the whole module" for module in tally.left_out)
        yield from (f"skipped in {tally.lane}: {each.test}" for each in tally.done if each.outcome == "skipped")


def slowest(tallies: Iterable[Tally]) -> Iterator[str]:
    every = sorted((each for tally in tallies for each in tally.done), key=lambda each: -each.seconds)
    for each in every[:SLOWEST]:
        yield f"{each.seconds:8.1f} s  {each.test}"


def by_file(tallies: Iterable[Tally]) -> Mapping[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for tally in tallies:
        for each in tally.done:
            sums[each.test.partition("::")[0]] += each.seconds
    return sums


def by_marker(tallies: Iterable[Tally]) -> Mapping[str, float]:
    """A test with two markers counts for both."""
    sums: defaultdict[str, float] = defaultdict(float)
    for tally in tallies:
        for each in tally.done:
            for marker in each.markers or ["none"]:
                sums[marker] += each.seconds
    return sums


def closing(tallies: Sequence[Tally], broken: int) -> str:
    """The last line. A lane that did not end as it should is a failure of its own, a module left out is a skip."""
    outcomes = Counter(each.outcome for tally in tallies for each in tally.done)
    outcomes["skipped"] += sum(len(tally.left_out) for tally in tallies)
    skipped = f", {outcomes['skipped']} skipped" if outcomes["skipped"] else ""
    return f"{outcomes['passed']} passed, {outcomes['failed'] + broken} failed{skipped}"
