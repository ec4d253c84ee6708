"""The b-tree pages kept between reads: never more bytes than was asked for, and the latest used stay."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from observers.sqlite_snapshot import Database, pages
from observers.sqlite_snapshot.pages import BtreePage, NodeCache

SIZE = 4096
# A leaf without cells.
NODE = bytes([13]) + bytes(SIZE - 1)


def held(cache: NodeCache) -> set[int]:
    return {page for page in range(1, 1001) if cache.get(page, 0) is not None}


def test_the_bytes_held_stay_below_the_bound() -> None:
    cache = NodeCache(10 * SIZE + 1)
    for page in range(2, 1001):
        cache.put(page, 0, BtreePage(page, NODE, SIZE))
        assert held(cache) == set(range(max(2, page - 9), page + 1))


def test_what_was_used_last_stays() -> None:
    cache = NodeCache(3 * SIZE)
    for page in (2, 3, 4):
        cache.put(page, 0, BtreePage(page, NODE, SIZE))
    assert cache.get(2, 0) is not None
    cache.put(5, 0, BtreePage(5, NODE, SIZE))
    assert held(cache) == {2, 4, 5}


def test_a_page_that_is_put_again_counts_once() -> None:
    cache = NodeCache(3 * SIZE)
    for frame in range(100):
        cache.put(2, frame, BtreePage(2, NODE, SIZE))
    assert cache.get(2, 98) is None
    assert cache.get(2, 99) is not None
    for page in (3, 4):
        cache.put(page, 0, BtreePage(page, NODE, SIZE))
    assert cache.get(2, 99) is not None
    assert held(cache) == {3, 4}


def test_a_page_of_another_frame_or_epoch_is_not_given() -> None:
    cache = NodeCache(3 * SIZE)
    cache.enter("one")
    cache.put(2, 7, BtreePage(2, NODE, SIZE))
    cache.enter("one")
    assert cache.get(2, 8) is None
    assert cache.get(2, 7) is not None
    cache.enter("two")
    assert cache.get(2, 7) is None
    for page in range(3, 1001):
        cache.put(page, 0, BtreePage(page, NODE, SIZE))
    assert held(cache) == {998, 999, 1000}, "what was dropped counts no more"


def test_a_node_larger_than_the_bound_is_not_held() -> None:
    cache = NodeCache(SIZE - 1)
    cache.put(2, 0, BtreePage(2, NODE, SIZE))
    assert held(cache) == set()


def test_a_read_of_a_whole_table_holds_no_more_than_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[NodeCache]()
    bounded = pages.NodeCache

    def keep(size: int) -> NodeCache:
        made.append(bounded(size))
        return made[-1]

    monkeypatch.setattr("observers.sqlite_snapshot.database.NodeCache", keep)
    store = tmp_path / "state.db"
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("CREATE TABLE large(value BLOB)")
        connection.executemany("INSERT INTO large VALUES (zeroblob(?))", [(3_000,)] * 800)
    assert store.stat().st_size > 800 * SIZE
    database = Database(store, cache_bytes=32 * SIZE)
    assert database.read(lambda snapshot: sum(1 for _ in snapshot.table("large").rows()), timeout=60) == 800
    (cache,) = made
    assert len(held(cache)) == 32
