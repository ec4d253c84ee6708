"""Where the key comes from, and which files are refused."""

from pathlib import Path

import pytest

from bridge.ledger.key import load_key
from bridge.protocol.errors import BridgeError, Reason

KEY = b"0123456789abcdef"


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("KORU_LEDGER_KEY_FILE", raising=False)
    (tmp_path / "koru").mkdir()
    return tmp_path / "koru"


def put(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def refused() -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        load_key()
    assert caught.value.reason is Reason.LEDGER_UNREADABLE
    return caught.value


def test_there_need_be_none() -> None:
    assert load_key() is None


def test_the_file_in_the_configuration(config: Path) -> None:
    put(config / "ledger.key", KEY + b"\r\n")
    assert load_key() == KEY


def test_the_named_file_comes_first(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(config / "ledger.key", KEY)
    monkeypatch.setenv("KORU_LEDGER_KEY_FILE", str(put(tmp_path / "mine", b"\x00\xff" * 16, 0o400)))
    assert load_key() == b"\x00\xff" * 16


def test_a_named_file_must_be_there(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(config / "ledger.key", KEY)
    monkeypatch.setenv("KORU_LEDGER_KEY_FILE", str(tmp_path / "gone"))
    assert refused().where == str(tmp_path / "gone")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622])
def test_a_file_that_others_can_reach_is_refused(config: Path, mode: int) -> None:
    put(config / "ledger.key", KEY, mode)
    assert "others" in refused().message


@pytest.mark.parametrize("content", [b"", b"short\n", b"x" * 4097])
def test_a_key_of_the_wrong_size_is_refused(config: Path, content: bytes) -> None:
    put(config / "ledger.key", content)
    assert "bytes" in refused().message


def test_a_directory_is_refused(config: Path) -> None:
    (config / "ledger.key").mkdir()
    assert "plain file" in refused().message
