"""Lines out of bytes, whatever the cuts, with bounded memory."""

import json
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.jsonrpc.framing import LINE_MAX_BYTES, LineReader, Oversize, encode

MESSAGE = {"method": "x", "params": {"text": "a\u2028b\u0085c\U0001f600\r"}}


def fed(chunks: list[bytes], limit: int = LINE_MAX_BYTES) -> list[bytes | Oversize]:
    reader = LineReader(limit)
    return [line for chunk in chunks for line in reader.feed(chunk)]


def test_a_message_cut_at_every_byte() -> None:
    line = encode(MESSAGE)
    for cut in range(len(line) + 1):
        lines = fed([line[:cut], line[cut:]])
        assert lines == [line[:-1]]
    assert json.loads(line) == MESSAGE


def test_a_message_byte_by_byte() -> None:
    line = encode(MESSAGE)
    assert fed([bytes([byte]) for byte in line * 2]) == [line[:-1]] * 2


def test_many_messages_in_one_chunk() -> None:
    assert fed([b"a\nb\n\nc"]) == [b"a", b"b", b""]


def test_half_a_line_is_no_line() -> None:
    reader = LineReader()
    assert reader.feed(b'{"half') == []
    assert reader.unfinished
    assert reader.feed(b'"}\n') == [b'{"half"}']
    assert not reader.unfinished


@pytest.mark.parametrize("chunk", [1 << 10, 65_536, 1 << 22])
def test_the_cap_and_one_byte_over(chunk: int) -> None:
    data = b"x" * LINE_MAX_BYTES + b"\n" + b"y" * (LINE_MAX_BYTES + 1) + b"\n" + b"z\n"
    lines = fed([data[start : start + chunk] for start in range(0, len(data), chunk)])
    assert lines == [b"x" * LINE_MAX_BYTES, Oversize(LINE_MAX_BYTES), b"z"]


def test_an_oversize_line_is_told_before_it_ends() -> None:
    reader = LineReader(4)
    assert reader.feed(b"12345") == [Oversize(4)]
    assert reader.feed(b"6789") == []
    assert reader.unfinished
    assert reader.feed(b"0\nok\n") == [b"ok"]


def test_a_line_without_end_takes_no_memory() -> None:
    reader, chunk = LineReader(), b"x" * 65_536
    tracemalloc.start()
    try:
        told = [line for _ in range(1024) for line in reader.feed(chunk)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told == [Oversize(LINE_MAX_BYTES)]
    assert peak < 4 * LINE_MAX_BYTES, f"{peak} bytes for 64 MiB without a line end"


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"\n", b"x\n", b"12345678", b"123456789"])))
@example([b"123456789", b"\n", b"\n"])
def test_any_bytes_in_any_chunks(chunks: list[bytes]) -> None:
    """The same lines as a reader that sees all at once, and never more held than allowed."""
    limit = 8
    reader = LineReader(limit)
    lines: list[bytes | Oversize] = []
    for chunk in chunks:
        lines += reader.feed(chunk)
        assert len(reader._held) <= limit
    *ended, rest = b"".join(chunks).split(b"\n")
    expected = [line if len(line) <= limit else Oversize(limit) for line in ended]
    assert lines == expected + [Oversize(limit)] * (len(rest) > limit)
    assert reader.unfinished == bool(rest)


def test_encode_makes_one_line_of_utf8() -> None:
    line = encode(MESSAGE)
    assert line.count(b"\n") == 1
    assert "a\u2028b\u0085c\U0001f600".encode() in line


def test_encode_at_the_cap() -> None:
    room = LINE_MAX_BYTES - len(encode({"t": ""})) + 1
    assert len(encode({"t": "x" * room})) == LINE_MAX_BYTES + 1
    with pytest.raises(BridgeError) as caught:
        encode({"t": "x" * (room + 1)})
    assert caught.value.reason is Reason.LINE_TOO_LONG


@pytest.mark.parametrize("value", ["\ud800", float("nan"), float("inf"), {1, 2}, b"x"], ids=repr)
def test_encode_refuses_what_json_lacks(value: object) -> None:
    with pytest.raises(BridgeError) as caught:
        encode({"secret prompt": value})
    assert caught.value.reason is Reason.INVALID_REQUEST
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__, "the cause would be printed, and it can quote the message"
