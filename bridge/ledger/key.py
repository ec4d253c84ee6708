"""The optional key of the ledger: a file that only its owner can read, outside the ledger's own directory.

A user or program that can read the key can forge rows. The key shows every change that was made without it, also to
copies of the files.
"""

import os
from pathlib import Path

from bridge import paths
from bridge.files import NotPrivate, read_private
from bridge.protocol.errors import BridgeError, Reason

VARIABLE = "KORU_LEDGER_KEY_FILE"
FILE_NAME = "ledger.key"
KEY_MIN_BYTES = 16
KEY_MAX_BYTES = 4096


def load_key() -> bytes | None:
    """The key from the file KORU_LEDGER_KEY_FILE names, else from `ledger.key` in the configuration directory.

    Line ends after the key do not count. None when neither is there. Raises BridgeError LEDGER_UNREADABLE when the
    named file is missing, or a key file is not safe or not usable.
    """
    named = os.environ.get(VARIABLE)
    path = Path(named) if named else paths.config_directory() / FILE_NAME
    try:
        key = read_private(path, KEY_MAX_BYTES + 1, placed=True).rstrip(b"\r\n")
    except NotPrivate as unsafe:
        what = "the key is not a plain file" if unsafe.fault == "kind" else "others can read or change the key file"
        raise _unusable(path, what) from None
    except FileNotFoundError:
        if not named:
            return None
        raise _unusable(path, f"the key file named by {VARIABLE} is missing") from None
    except OSError as error:
        raise _unusable(path, f"the key file cannot be read: {error.strerror}") from error
    if not KEY_MIN_BYTES <= len(key) <= KEY_MAX_BYTES:
        raise _unusable(path, f"the key has {len(key)} bytes, not {KEY_MIN_BYTES} to {KEY_MAX_BYTES}")
    return key


def _unusable(path: Path, message: str) -> BridgeError:
    hint = "keep 32 random bytes in it, owned by you, mode 0600: (umask 077; head -c 32 /dev/urandom | base64 > FILE)"
    return BridgeError(Reason.LEDGER_UNREADABLE, message, where=str(path), hint=hint)
