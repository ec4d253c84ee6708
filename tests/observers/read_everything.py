"""Asks every observer everything about every store of the cases: python read_everything.py DIRECTORY."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from observers.base import ObserverError
from observers.catalogue import OBSERVERS


def main(root: Path) -> None:
    for expected in sorted(root.glob("*/*/expected.json")):
        observer = OBSERVERS[expected.parent.parent.name]
        at = json.loads(expected.read_text(encoding="utf-8"))["at"]
        for tree in sorted(path for path in expected.parent.iterdir() if path.is_dir()):
            store = observer.at(tree / at)
            cursor = observer.cursor(store)
            attempt(partial(observer.since, store, cursor))
            attempt(partial(observer.fingerprint, store))
            observer.health(store)
            observer.flush_horizon(store)
            observer.watch_paths(store)
            for session in observer.sessions(store):
                attempt(partial(observer.turns, store, session.id))
    for observer in OBSERVERS.values():
        observer.locate()
        observer.locate(root)


def attempt(ask: Callable[[], object]) -> None:
    try:
        ask()
    except ObserverError as error:
        print(error.reason)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
