"""Logs and files that others write while we read: nothing torn is believed, and only what grew is read again."""

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from zstandard import ZstdCompressor

from observers import jsonl
from observers.base import ObserverError, ObserverReason
from observers.file_stamp import FileStamp
from observers.jsonl import MAX_LINE, Folds, LogPosition, open_log, read_whole
from observers.regular_file import CHUNK, opened

LONG_AGO = time.time() - 3600


def lines(path: Path, after: LogPosition | None = None) -> tuple[list[tuple[int, bytes]], LogPosition, bool]:
    with open_log(path, after) as log:
        found = list(log)
        return found, log.place(), log.resumed


def refused(path: Path) -> ObserverError:
    with pytest.raises(ObserverError) as caught:
        lines(path)
    return caught.value


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


class Counter:
    """A fold that notes which lines it was given."""

    def __init__(self) -> None:
        self.given: list[bytes] = []
        self.folds: Folds[list[bytes]] = Folds(list, self.fold)

    def fold(self, state: list[bytes], offset: int, line: bytes, path: Path) -> None:
        self.given.append(line)
        state.append(line)

    def read(self, path: Path) -> list[bytes]:
        self.given.clear()
        return self.folds.read(path, list)


def test_lines_come_with_their_offsets_and_without_the_unfinished_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\n\n  \ntwo \nthr")
    found, place, resumed = lines(log)
    assert (found, place.offset, resumed) == ([(0, b"one"), (8, b"two")], 13, False)


def test_a_second_pass_reads_only_what_came_since(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntw")
    _, place, _ = lines(log)
    append(log, b"o\nthree\n")
    found, place, resumed = lines(log, place)
    assert (found, resumed) == ([(4, b"two"), (8, b"three")], True)
    assert lines(log, place)[0] == []


def test_only_a_newline_ends_a_line_and_a_byte_order_mark_is_not_text(tmp_path: Path) -> None:
    log = tmp_path / "log"
    text = json.dumps("a\u2028b\u0085c\x0b\x0c\r", ensure_ascii=False)
    log.write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n")
    assert [json.loads(line) for _, line in lines(log)[0]] == ["a\u2028b\u0085c\x0b\x0c\r"]


@pytest.mark.parametrize("size", [CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_line_may_be_longer_than_what_is_read_at_once(tmp_path: Path, size: int) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"a" * size + b"\nb\n" + b"c" * size)
    assert [(start, len(line)) for start, line in lines(log)[0]] == [(0, size), (size + 1, 1)]


def test_a_rewrite_in_place_starts_over_even_when_it_is_longer(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\n")
    _, place, _ = lines(log)
    log.write_bytes(b"ONE, and then more of it\nthree\n")
    found, _, resumed = lines(log, place)
    assert (found[0], resumed) == ((0, b"ONE, and then more of it"), False)


@pytest.mark.parametrize("content", [b"", b"one\n", b"one\nxwo\n"])
def test_truncation_and_another_file_of_the_name_start_over(tmp_path: Path, content: bytes) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\n")
    _, place, _ = lines(log)
    log.write_bytes(content)
    assert not lines(log, place)[2]
    other = tmp_path / "other"
    other.write_bytes(b"one\ntwo\n")
    other.replace(log)
    assert not lines(log, place)[2]


def test_a_log_rewritten_during_the_pass_is_not_believed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\n")
    with open_log(log) as reading:
        assert len(list(reading)) == 2
        log.write_bytes(b"o")
        with pytest.raises(ObserverError) as caught:
            reading.place()
    assert caught.value.transient


def test_a_fold_is_given_each_line_once(tmp_path: Path) -> None:
    log, counter = tmp_path / "log", Counter()
    log.write_bytes(b"1\n2\n")
    assert counter.read(log) == [b"1", b"2"]
    append(log, b"3\n4")
    assert counter.read(log) == [b"1", b"2", b"3"]
    assert counter.given == [b"3"]
    append(log, b"\n")
    assert counter.read(log) == [b"1", b"2", b"3", b"4"]
    log.write_bytes(b"9\n")
    assert counter.read(log) == [b"9"]


def test_a_fold_that_failed_starts_over(tmp_path: Path) -> None:
    log, counter = tmp_path / "log", Counter()
    log.write_bytes(b"1\n")
    counter.read(log)
    log.unlink()
    with pytest.raises(ObserverError) as caught:
        counter.read(log)
    assert caught.value.reason is ObserverReason.MISSING
    log.write_bytes(b"1\n2\n")
    assert counter.read(log) == [b"1", b"2"]


def test_the_memory_of_folds_is_bounded_and_the_newest_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "_CACHED_BYTES", 100)
    counter = Counter()
    logs = [tmp_path / str(number) for number in range(4)]
    for log in logs:
        log.write_bytes(b"x" * 49 + b"\n")
        counter.read(log)
    counter.read(logs[3])
    assert counter.given == []
    counter.read(logs[0])
    assert len(counter.given) == 1


def test_threads_that_read_the_same_log_get_whole_answers(tmp_path: Path) -> None:
    log, counter = tmp_path / "log", Counter()
    expected = [str(number).encode() for number in range(2000)]
    log.write_bytes(b"\n".join(expected) + b"\n")
    wrong: list[int] = []

    def read() -> None:
        for _ in range(20):
            found = counter.folds.read(log, list)
            if found != expected:
                wrong.append(len(found))

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_compressed_log_is_read_line_by_line(tmp_path: Path) -> None:
    log, counter = tmp_path / "log.jsonl.zst", Counter()
    packer = ZstdCompressor()
    # Two frames: it was added to after it was packed.
    log.write_bytes(packer.compress(b'{"a": 1}\n{"b"') + packer.compress(b": 2}\n"))
    assert counter.read(log) == [b'{"a": 1}', b'{"b": 2}']
    assert counter.read(log) == [b'{"a": 1}', b'{"b": 2}']


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda data: b"not zstd", ObserverReason.CORRUPT),
        (lambda data: data[: len(data) // 2], ObserverReason.CORRUPT),
        (lambda data: ZstdCompressor().compress(b"one\ntwo\nthr"), ObserverReason.CORRUPT),
        (lambda data: ZstdCompressor().compress(b"x" * (MAX_LINE + 1)), ObserverReason.TOO_LARGE),
        (lambda data: ZstdCompressor().compress((b"x" * 999 + b"\n") * 2000) * 300, ObserverReason.TOO_LARGE),
    ],
    ids=["noise", "half of it", "half a line", "one long line", "more than is read"],
)
def test_a_compressed_log_that_is_ill_is_a_finding(
    tmp_path: Path, change: Callable[[bytes], bytes], expected: ObserverReason
) -> None:
    log, counter = tmp_path / "log.jsonl.zst", Counter()
    log.write_bytes(change(ZstdCompressor(write_content_size=False).compress(os.urandom(3000).hex().encode() + b"\n")))
    os.utime(log, (LONG_AGO, LONG_AGO))
    with pytest.raises(ObserverError) as caught:
        counter.read(log)
    assert caught.value.reason is expected


def test_blank_lines_count_where_they_are_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\n\ntwo\n")
    with open_log(log, blank=True) as reading:
        assert list(reading) == [(0, b"one"), (4, b""), (5, b"two")]


@pytest.mark.parametrize(
    ("content", "fresh", "expected"), [(b"{", True, "changing"), (b"{", False, "corrupt"), (b"", True, "changing")]
)
def test_no_complete_line_is_a_writer_at_work_or_damage(
    tmp_path: Path, content: bytes, fresh: bool, expected: str
) -> None:
    log, counter = tmp_path / "log", Counter()
    log.write_bytes(content)
    if not fresh:
        os.utime(log, (LONG_AGO, LONG_AGO))
    with pytest.raises(ObserverError) as caught:
        counter.read(log)
    assert caught.value.reason == expected


def test_an_empty_log_left_behind_holds_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    os.utime(log, (LONG_AGO, LONG_AGO))
    assert Counter().read(log) == []


def test_a_line_beyond_all_bounds_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.truncate(200 << 20)
    assert refused(log).reason is ObserverReason.TOO_LARGE


def test_a_huge_sparse_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    with log.open("wb") as file:
        file.truncate(10 << 30)
    assert refused(log).reason is ObserverReason.TOO_LARGE
    with pytest.raises(ObserverError) as caught:
        read_whole(log)
    assert caught.value.reason is ObserverReason.TOO_LARGE


def test_what_is_not_a_file_is_refused_at_once(tmp_path: Path) -> None:
    pipe, loop = tmp_path / "pipe", tmp_path / "loop"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    assert refused(pipe).reason is ObserverReason.UNREADABLE
    assert refused(loop).reason is ObserverReason.UNREADABLE
    assert refused(tmp_path).reason is ObserverReason.UNREADABLE
    assert refused(tmp_path / "none").reason is ObserverReason.MISSING
    assert refused(pipe / "below").reason is ObserverReason.MISSING


@pytest.mark.parametrize("content", [b"not json\n", b"\xff\xfe\n", b"[" * 200_000 + b"\n", b"1" * 5000 + b"\n"])
def test_what_is_not_json_is_corrupt(content: bytes) -> None:
    with pytest.raises(ObserverError) as caught:
        jsonl.parse(content, "here")
    assert (caught.value.reason, caught.value.where) == (ObserverReason.CORRUPT, "here")


def test_a_whole_file_that_is_away_for_a_moment_is_read_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    tries = 0
    real = jsonl._read_once

    def flaky(asked: Path) -> object:
        nonlocal tries
        tries += 1
        if tries == 2:
            path.write_text('{"a":', encoding="utf-8")
        if tries == 3:
            path.write_text('\ufeff{"a": 1}', encoding="utf-8")
        return real(asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonl, "_read_once", flaky)
        assert read_whole(path, delays=(0.0, 0.0)) == {"a": 1}
    assert tries == 3


def test_a_whole_file_that_stays_torn_says_so(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"a":', encoding="utf-8")
    for age, expected in ((0.0, ObserverReason.CHANGING), (3600.0, ObserverReason.CORRUPT)):
        os.utime(path, (time.time() - age, time.time() - age))
        with pytest.raises(ObserverError) as caught:
            read_whole(path, delays=(0.0,))
        assert caught.value.reason is expected


def test_reading_leaves_no_access_time_on_ones_own_files(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x\n")
    os.utime(path, (1, 1))
    with opened(path) as descriptor:
        os.read(descriptor, 10)
    assert path.stat().st_atime == 1


def test_a_stamp_is_believed_only_once_the_clock_has_moved_on() -> None:
    stamp = FileStamp(1, 1, 1, 1_000_000_000_000)
    assert not stamp.settled(now_ns=1_000_000_000_000)
    assert not stamp.settled(now_ns=999_000_000_000)
    assert stamp.settled(now_ns=1_000_100_000_000)
