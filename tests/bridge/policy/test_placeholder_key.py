"""The key of the placeholders: made once, private, and refused when others could read it."""

import os
from pathlib import Path

import pytest

from bridge.policy.placeholder_key import FILE_NAME, KEY_BYTES, load_key
from bridge.protocol.errors import BridgeError, Reason


def test_it_is_made_once_and_private(tmp_path: Path) -> None:
    key = load_key(tmp_path)
    assert len(key) == KEY_BYTES
    assert load_key(tmp_path) == key
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    other = tmp_path / "other"
    other.mkdir()
    assert load_key(other) != key


def spoilt_mode(path: Path) -> None:
    path.chmod(0o644)


def spoilt_size(path: Path) -> None:
    path.write_bytes(b"short")


def spoilt_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def spoilt_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize("spoil", [spoilt_mode, spoilt_size, spoilt_link, spoilt_pipe])
def test_a_key_that_is_not_safe_is_refused(tmp_path: Path, spoil: object) -> None:
    load_key(tmp_path)
    spoil(tmp_path / FILE_NAME)  # type: ignore[operator]
    with pytest.raises(BridgeError) as caught:
        load_key(tmp_path)
    assert caught.value.reason is Reason.STATE_UNWRITABLE
    assert caught.value.where == str(tmp_path / FILE_NAME)
