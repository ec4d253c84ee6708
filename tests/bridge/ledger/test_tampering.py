"""Whatever a hand does to a ledger at rest is reported, and the first bad row is named."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from bridge.ledger.chain import Row, Seal, Tip
from bridge.ledger.snapshot import read_rows, snapshot
from bridge.ledger.store import Ledger
from bridge.ledger.tip import SLOT_SPACING, TipFile, newest, read_slots
from bridge.ledger.verdict import VerifiedLedger, verify
from bridge.protocol.errors import BridgeError, Reason
from tests.sampling import SEED, count

KEY = b"0123456789abcdef"
ROWS = 9
SLOT_BYTES = 162
COLUMNS = ("seq", "at_ms", "kind", "drive_id", "body", "prev", "hash")
COLUMN = st.sampled_from(COLUMNS)
KEYS = pytest.mark.parametrize("key", [None, KEY], ids=["unkeyed", "keyed"])


@dataclass(frozen=True)
class Original:
    """A closed ledger that is only ever copied."""

    directory: Path
    rows: list[Row] = field(repr=False)
    key: bytes | None

    @contextmanager
    def copy(self) -> Iterator[Path]:
        target = self.directory.parent / "copy"
        shutil.copytree(self.directory, target)
        try:
            yield target
        finally:
            shutil.rmtree(target)

    def verdict(self, directory: Path) -> VerifiedLedger:
        return verify(directory, key=self.key)


def build(root: Path, key: bytes | None) -> Original:
    ledger = Ledger.open(root / "ledger", key=key)
    for number in range(2, ROWS + 1):
        text = ("large " * 300 if number % 4 == 0 else "small ") + str(number)
        ledger.append("fact", {"n": number, "text": text}, at_ms=number, drive_id=f"d{number}")
    rows = ledger.rows(limit=ROWS)
    ledger.close()
    return Original(root / "ledger", rows, key)


@pytest.fixture(scope="module", params=[None, KEY], ids=["unkeyed", "keyed"])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Original:
    made = build(tmp_path_factory.mktemp("original"), request.param)
    assert made.verdict(made.directory) == VerifiedLedger(
        "intact", ROWS, torn_tail=False, keyed=made.key is not None, tip=made.rows[-1].hash
    )
    return made


def sql(directory: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    with closing(sqlite3.connect(directory / "ledger.sqlite3")) as database, database:
        database.execute("PRAGMA synchronous=OFF")
        for statement, values in statements:
            database.execute(statement, values)


def assert_tampered(verdict: VerifiedLedger, seq: int | None) -> None:
    assert (verdict.verdict, verdict.seq) == ("tampered", seq), verdict
    assert verdict.message
    assert verdict.torn_tail is False


@pytest.mark.sampled
@seed(SEED)
@settings(max_examples=count(60, 2_000), deadline=None)
@given(seq=st.integers(1, ROWS), column=COLUMN, where=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_any_byte_of_any_field(original: Original, seq: int, column: str, where: int, flip: int) -> None:
    with original.copy() as directory:
        value = getattr(original.rows[seq - 1], column)
        if isinstance(value, int):
            changed: object = value ^ flip if column == "at_ms" else value + ROWS + flip
        else:
            raw = bytearray((value or "x").encode("utf-8"))
            raw[where % len(raw)] ^= flip
            changed = bytes(raw)
        # As text, whatever the bytes are: a hand with a hex editor does not ask for valid UTF-8.
        cast = "?" if isinstance(changed, int) else "CAST(? AS TEXT)"
        sql(directory, (f"UPDATE rows SET {column} = {cast} WHERE seq = ?", (changed, seq)))  # noqa: S608
        assert_tampered(original.verdict(directory), seq)


@pytest.mark.parametrize("seq", range(1, ROWS + 1))
def test_a_removed_row(original: Original, seq: int) -> None:
    with original.copy() as directory:
        sql(directory, ("DELETE FROM rows WHERE seq = ?", (seq,)))
        assert_tampered(original.verdict(directory), seq)


def test_a_removed_row_whose_number_was_taken_by_the_next(original: Original) -> None:
    with original.copy() as directory:
        sql(
            directory,
            ("DELETE FROM rows WHERE seq = 4", ()),
            *(("UPDATE rows SET seq = ? WHERE seq = ?", (seq - 1, seq)) for seq in range(5, ROWS + 1)),
        )
        assert_tampered(original.verdict(directory), 4)


@pytest.mark.parametrize(("one", "other"), [(2, 3), (5, 8)])
def test_two_rows_that_changed_places(original: Original, one: int, other: int) -> None:
    with original.copy() as directory:
        sql(
            directory,
            *(("UPDATE rows SET seq = ? WHERE seq = ?", move) for move in ((-1, one), (one, other), (other, -1))),
        )
        assert_tampered(original.verdict(directory), one)


@pytest.mark.parametrize("left", range(ROWS))
def test_a_cut_off_end(original: Original, left: int) -> None:
    with original.copy() as directory:
        sql(directory, ("DELETE FROM rows WHERE seq > ?", (left,)))
        assert_tampered(original.verdict(directory), left + 1)
        with pytest.raises(BridgeError) as caught:
            Ledger.open(directory, key=original.key)
        assert caught.value.reason is Reason.LEDGER_TAMPERED


@pytest.mark.sampled
@seed(SEED)
@settings(max_examples=count(40, 2_000), deadline=None)
@given(data=st.data(), seq=st.sampled_from([1, ROWS]), column=COLUMN)
def test_nothing_is_added_behind_a_changed_end(original: Original, data: st.DataObject, seq: int, column: str) -> None:
    """Whatever a database file can hold in the rows that are read at the start."""
    with original.copy() as directory:
        raw = sqlite3.connect(directory / "ledger.sqlite3")
        # A file that was not written by SQLite need not keep to the types of the table.
        raw.execute("PRAGMA writable_schema=ON")
        raw.execute("UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '')")
        raw.commit()
        raw.close()
        types = [st.integers(100, 10**6), st.binary(max_size=70), st.text(st.characters(codec="utf-8"), max_size=70)]
        value = data.draw(st.one_of(types[:1] if column == "seq" else types))
        sql(directory, (f"UPDATE rows SET {column} = ? WHERE seq = ?", (value, seq)))  # noqa: S608
        with pytest.raises(BridgeError) as caught:
            Ledger.open(directory, key=original.key)
        assert caught.value.reason in {Reason.LEDGER_TAMPERED, Reason.LEDGER_UNREADABLE}


def test_removed_files(original: Original) -> None:
    with original.copy() as directory:
        (directory / "ledger.sqlite3").unlink()
        assert_tampered(original.verdict(directory), 1)
        with pytest.raises(BridgeError) as caught:
            Ledger.open(directory, key=original.key)
        assert caught.value.reason is Reason.LEDGER_TAMPERED
    with original.copy() as directory:
        (directory / "tip").unlink()
        assert_tampered(original.verdict(directory), ROWS)


def test_an_end_cut_off_together_with_its_tip(original: Original) -> None:
    """The slot of the row before is still good, as after a torn write; but then the row would be there."""
    with original.copy() as directory:
        sql(directory, ("DELETE FROM rows WHERE seq = ?", (ROWS,)))
        tip = bytearray((directory / "tip").read_bytes())
        tip[(ROWS % 2) * SLOT_SPACING : (ROWS % 2) * SLOT_SPACING + SLOT_BYTES] = bytes(SLOT_BYTES)
        (directory / "tip").write_bytes(tip)
        assert_tampered(original.verdict(directory), ROWS)


def write_tips(directory: Path, seal: Seal, *tips: Tip) -> None:
    TipFile.create(directory / "tip", seal)
    file = TipFile(directory / "tip", seal)
    for tip in tips:
        file.write(tip)
    file.close()


def test_a_tip_put_back(original: Original) -> None:
    with original.copy() as directory:
        older = [Tip(row.seq, row.hash) for row in original.rows[ROWS - 4 : ROWS - 2]]
        write_tips(directory, Seal(original.key), *older)
        assert_tampered(original.verdict(directory), ROWS - 1)


def test_a_tip_of_another_row(original: Original) -> None:
    with original.copy() as directory:
        write_tips(directory, Seal(original.key), Tip(ROWS - 1, original.rows[ROWS - 2].hash), Tip(ROWS, "ab" * 32))
        assert_tampered(original.verdict(directory), ROWS)


@pytest.mark.sampled
@seed(SEED)
@settings(max_examples=count(40, 2_000), deadline=None)
@given(slot=st.integers(0, 1), where=st.integers(0, SLOT_BYTES - 1), flip=st.integers(1, 255))
def test_any_byte_of_the_tip(original: Original, slot: int, where: int, flip: int) -> None:
    with original.copy() as directory:
        tip = bytearray((directory / "tip").read_bytes())
        tip[slot * SLOT_SPACING + where] ^= flip
        (directory / "tip").write_bytes(tip)
        # Without the newest tip the one before is behind by one, as after a crash; nothing else is missing then.
        newest_slot = slot == ROWS % 2
        verdict = original.verdict(directory)
        if newest_slot:
            assert (verdict.verdict, verdict.torn_tail, verdict.rows) == ("intact", True, ROWS)
        else:
            assert_tampered(verdict, ROWS + 1)


def blob_named_by(original: Original, directory: Path, seq: int) -> Path:
    digest = original.rows[seq - 1].body.split('"$blob":"')[1][:64]
    return directory / "blobs" / digest


@pytest.mark.parametrize("how", ["removed", "changed", "swapped", "linked", "emptied"])
def test_a_blob(original: Original, how: str, tmp_path: Path) -> None:
    with original.copy() as directory:
        blob, other = (blob_named_by(original, directory, seq) for seq in (4, 8))
        if how == "removed":
            blob.unlink()
        elif how == "changed":
            blob.write_bytes(blob.read_bytes()[:-1] + b"!")
        elif how == "swapped":
            blob.write_bytes(other.read_bytes())
        elif how == "linked":
            blob.rename(tmp_path / "elsewhere")
            blob.symlink_to(tmp_path / "elsewhere")
        else:
            blob.write_bytes(b"")
        assert_tampered(original.verdict(directory), 4)


def test_all_blobs_removed(original: Original) -> None:
    with original.copy() as directory:
        shutil.rmtree(directory / "blobs")
        assert_tampered(original.verdict(directory), 4)


def test_a_blob_that_nothing_names_is_no_matter(original: Original) -> None:
    with original.copy() as directory:
        (directory / "blobs" / ("0" * 64)).write_bytes(b"left by a write that did not become a row")
        assert original.verdict(directory).verdict == "intact"


def rehashed(rows: list[Row], seal: Seal) -> list[Row]:
    """The rows with hashes computed anew, as a forger would."""
    forged: list[Row] = []
    for row in rows:
        linked = replace(row, prev=forged[-1].hash if forged else row.prev)
        digest = seal.row(linked.prev, linked.seq, linked.at_ms, linked.kind, linked.drive_id, linked.body)
        forged.append(replace(linked, hash=digest))
    return forged


def test_without_the_key_nothing_can_be_forged(tmp_path: Path) -> None:
    original = build(tmp_path, KEY)
    with original.copy() as directory:
        changed = [*original.rows[:4], replace(original.rows[4], at_ms=77), *original.rows[5:]]
        forged = [*original.rows[:4], *rehashed(changed, Seal())[4:]]
        for row in forged:
            sql(
                directory,
                (
                    "UPDATE rows SET at_ms = ?, prev = ?, hash = ? WHERE seq = ?",
                    (row.at_ms, row.prev, row.hash, row.seq),
                ),
            )
        write_tips(directory, Seal(), *(Tip(row.seq, row.hash) for row in forged[-2:]))
        assert_tampered(original.verdict(directory), 5)


def test_a_ledger_forged_as_unkeyed_is_not_intact_for_who_has_the_key(tmp_path: Path) -> None:
    original = build(tmp_path, KEY)
    with original.copy() as directory:
        changed = replace(original.rows[0], body=original.rows[0].body.replace('"keyed":true', '"keyed":false'))
        forged = rehashed([changed, *original.rows[1:]], Seal())
        for row in forged:
            sql(
                directory,
                ("UPDATE rows SET body = ?, prev = ?, hash = ? WHERE seq = ?", (row.body, row.prev, row.hash, row.seq)),
            )
        write_tips(directory, Seal(), *(Tip(row.seq, row.hash) for row in forged[-2:]))
        assert verify(directory).verdict == "intact"
        assert original.verdict(directory).verdict == "unreadable"


def test_a_keyed_ledger_cannot_be_judged_without_the_key(tmp_path: Path) -> None:
    original = build(tmp_path, KEY)
    verdict = verify(original.directory)
    assert (verdict.verdict, verdict.keyed) == ("unreadable", True)
    assert verify(original.directory, key=b"another key of 27 bytes....").verdict == "tampered"


def test_a_chain_that_begins_with_another_row(tmp_path: Path) -> None:
    original = build(tmp_path, None)
    first = replace(original.rows[0], kind="fact")
    forged = rehashed([first, *original.rows[1:]], Seal())
    for row in forged:
        values = (row.kind, row.prev, row.hash, row.seq)
        sql(original.directory, ("UPDATE rows SET kind = ?, prev = ?, hash = ? WHERE seq = ?", values))
    assert_tampered(verify(original.directory), 1)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER hide AFTER INSERT ON rows BEGIN DELETE FROM rows WHERE seq = new.seq; END",
        "CREATE TABLE more (x)",
        "ALTER TABLE rows RENAME TO old",
    ],
)
def test_changed_tables(original: Original, statement: str) -> None:
    with original.copy() as directory:
        sql(directory, (statement, ()))
        assert_tampered(original.verdict(directory), None)


def test_a_view_in_the_place_of_the_rows(original: Original) -> None:
    with original.copy() as directory:
        sql(directory, ("ALTER TABLE rows RENAME TO old", ()), ("CREATE VIEW rows AS SELECT * FROM old", ()))
        assert_tampered(original.verdict(directory), None)


@pytest.mark.sampled
@seed(SEED)
@settings(max_examples=count(80, 2_000), deadline=None)
@given(data=st.data())
def test_a_flipped_byte_of_the_database_is_noticed_or_changes_nothing(original: Original, data: st.DataObject) -> None:
    with original.copy() as directory:
        raw = bytearray((directory / "ledger.sqlite3").read_bytes())
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
        (directory / "ledger.sqlite3").write_bytes(raw)
        if original.verdict(directory).verdict == "intact":
            with snapshot(directory) as shot:
                assert list(read_rows(shot.connection, "ORDER BY seq")) == original.rows


@KEYS
def test_a_flipped_byte_of_the_log_is_noticed_or_changes_nothing(
    key: bytes | None, directory: Path, tmp_path: Path, copy_of: Callable[[Path], Path]
) -> None:
    """The log as kill -9 leaves it: flush order makes the tip outlive a damaged frame."""
    ledger = Ledger.open(directory, key=key)
    rows = [ledger.rows()[0], *(ledger.append("fact", {"n": n}, at_ms=n) for n in range(5))]
    crashed = copy_of(directory)
    ledger.close()
    assert verify(crashed, key=key).verdict == "intact"
    log = (crashed / "ledger.sqlite3-wal").read_bytes()
    for where in range(0, len(log), 331):
        damaged = bytearray(log)
        damaged[where] ^= 0x40
        (crashed / "ledger.sqlite3-wal").write_bytes(damaged)
        verdict = verify(crashed, key=key)
        if verdict.verdict == "intact":
            with snapshot(crashed) as shot:
                assert list(read_rows(shot.connection, "ORDER BY seq")) == rows
        else:
            assert verdict.verdict == "tampered"


def test_a_ledger_that_may_not_be_read_is_unreadable(original: Original) -> None:
    with original.copy() as directory:
        (directory / "ledger.sqlite3").unlink()
        (directory / "ledger.sqlite3").mkdir()
        verdict = original.verdict(directory)
        assert (verdict.verdict, verdict.rows) == ("unreadable", 0)


def test_the_slots_hold_the_last_two_rows(original: Original) -> None:
    slots = read_slots(original.directory / "tip", Seal(original.key))
    assert newest(slots) == Tip(ROWS, original.rows[-1].hash)
    assert {slot.seq for slot in slots if slot} == {ROWS - 1, ROWS}
    assert (original.directory / "tip").stat().st_size == 2 * SLOT_SPACING
