"""Runs the tests in lanes beside each other: `python -m tests.lanes [LANE...]`; without a name all of `make test`.

Shows how far each lane is, then every failure in full, what was skipped, the slowest tests, what each lane and marker
took, how to draw the same cases again where one failed, and at last how many passed. Each run draws others, but for
KORU_SEED. The exit status is 0 only when every lane ran tests and each of them passed.
"""

import argparse
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.lanes import tally
from tests.lanes.costs import Costs
from tests.lanes.plan import ALL, FAST, LANES, SOAK, Lane, at_once
from tests.lanes.running import ROOT, Running

FOLDER = ROOT / "build" / "lanes"
TAIL_LINES = 40


class Progress:
    """One line for all lanes: renewed in place on a terminal, else printed now and then."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._every_s = 1.0 if self._terminal else 30.0
        self._begun = time.monotonic()
        self._told = self._begun - self._every_s

    def show(self, lanes: Sequence[Running], waiting: Sequence[Lane]) -> None:
        now = time.monotonic()
        if now - self._told < self._every_s:
            return
        self._told = now
        parts = [each.tally.progress() + (" done" if each.over else "") for each in lanes]
        minutes, seconds = divmod(int(now - self._begun), 60)
        line = f"[{minutes:2d}:{seconds:02d}] " + " · ".join([*parts, *(f"{lane.name} waits" for lane in waiting)])
        print(f"\r\033[K{line[:200]}" if self._terminal else line, end="" if self._terminal else "\n", flush=True)

    def say(self, line: str) -> None:
        print(f"\r\033[K{line}" if self._terminal else line, flush=True)


def run(lanes: Sequence[Lane], folder: Path, most: int) -> list[Running]:
    """Every lane to its end, at most so many at once. KeyboardInterrupt ends them all."""
    waiting, started, progress = list(lanes), list[Running](), Progress()
    try:
        while waiting or not all(each.over for each in started):
            while waiting and sum(not each.over for each in started) < most:
                started.append(Running(waiting.pop(0), folder))
            follow(started, progress)
            progress.show(started, waiting)
            time.sleep(0.1)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for each in started:
            each.stop("interrupted")
        follow(started, progress)
    return started


def follow(lanes: Sequence[Running], progress: Progress) -> None:
    """Read what the lanes report, and tell of failures and of ends as they come."""
    for each in [each for each in lanes if not each.over]:
        for done in each.follow():
            if done.outcome == "failed":
                progress.say(f"FAILED in {each.lane.name}: {done.test}")
        if each.over:
            progress.say(f"lane {each.tally.progress()}, ended after {each.taken:.0f} s")


def report(ran: Sequence[Running], costs: Costs) -> int:
    """Print what there is to say at the end; the exit status."""
    tallies = [each.tally for each in ran]
    print("", *tally.failures(tallies), sep="\n")
    faults = {each: fault for each in ran if (fault := each.fault())}
    for each, fault in faults.items():
        tail = each.printed.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        print(f"lane {each.lane.name}: {fault}; it printed last:", *tail, "", sep="\n")
    for line in tally.skips(tallies):
        print(line)
    print(f"the slowest {tally.SLOWEST}:", *tally.slowest(tallies), sep="\n")
    for each in ran:
        print(f"lane {each.lane.name}: {each.taken:.0f} s, tests {each.tally.seconds:.0f} s, CPU {each.cpu:.0f} s")
    markers = tally.by_marker(tallies)
    print(*(f"tests marked {name}: {seconds:.0f} s" for name, seconds in sorted(markers.items())), sep="\n")
    over = costs.over({each.lane.name: each.cpu for each in ran}, markers)
    for sum_over in over:
        print(f"{'TOO SLOW' if sum_over.failed else 'SLOWER THAN RECORDED'}: {sum_over}")
    broken = len(faults) + sum(each.failed for each in over)
    failed = broken > 0 or any(each.failed for each in tallies) or not tallies
    if failed:
        print(f"KORU_SEED={os.environ.get('KORU_SEED', '0')} {command([each.lane for each in ran])} draws the same")
    print(tally.closing(tallies, broken), flush=True)
    return int(failed)


def command(lanes: Sequence[Lane]) -> str:
    """What runs these lanes."""
    if lanes in ([FAST], [SOAK]):
        return "make soak" if lanes == [SOAK] else "make test-fast"
    return "make test" if is_all(lanes) else f"make test LANES='{' '.join(lane.name for lane in lanes)}'"


def is_all(lanes: Sequence[Lane]) -> bool:
    return {lane.name for lane in lanes} >= {lane.name for lane in ALL}


def record(ran: Sequence[Running], costs: Costs) -> None:
    """Keep what the lanes took as what they may take from now on."""
    tallies = [each.tally for each in ran]
    complete = is_all([each.lane for each in ran])
    lanes = {each.lane.name: each.cpu for each in ran}
    costs.recorded(tally.by_file(tallies), lanes, tally.by_marker(tallies) if complete else {}).save()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lanes", description="Run the tests in lanes.")
    parser.add_argument("lanes", nargs="*", metavar="LANE", help=" ".join(LANES))
    parser.add_argument("--at-once", type=int, default=at_once(), help="lanes beside each other; default %(default)s")
    parser.add_argument("--record", action="store_true", help="keep what was spent in costs.json")
    chosen = parser.parse_args(arguments)
    if unknown := {*chosen.lanes} - {*LANES}:
        parser.error(f"no lane is called {', '.join(sorted(unknown))}; there are {', '.join(LANES)}")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    lanes = [LANES[name] for name in chosen.lanes] or ALL
    seed = os.environ.setdefault("KORU_SEED", str(random.randrange(1 << 16)))  # noqa: S311, no secret
    print(f"KORU_SEED={seed} draws the samples and random cases", flush=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    costs = Costs.load()
    ran = run(lanes, FOLDER, chosen.at_once)
    status = report(ran, costs)
    if chosen.record and status == 0:
        record(ran, costs)
    return status


if __name__ == "__main__":
    sys.exit(main())
