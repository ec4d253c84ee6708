"""What is said and logged of an exception that no command raises on purpose."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from bridge import crash, paths
from bridge.files import make_directories
from bridge.protocol.errors import BridgeError, Reason
from bridge.version import VERSION

FILE_MAX_BYTES = 1_000_000


def report(error: BaseException, words: Sequence[str]) -> BridgeError:
    """Log where it happened, and say where the log is. Of what was typed only the verb is written: the rest may be a
    prompt."""
    where = paths.log_directory() / "command.log"
    text = f"{type(error).__name__}: this is a bug of ours"
    try:
        _write(where, error, words)
    except OSError as unwritable:
        hint = f"the log cannot be written ({os.strerror(unwritable.errno or 0)})"
        return BridgeError(Reason.INTERNAL, text, where=_place(error), hint=hint)
    return BridgeError(Reason.INTERNAL, text, where=_place(error), hint=f"report it with the log: {where}")


def _write(where: Path, error: BaseException, words: Sequence[str]) -> None:
    make_directories(where.parent)
    if where.exists() and where.stat().st_size > FILE_MAX_BYTES:
        where.replace(where.with_suffix(".log.1"))
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    descriptor = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(f"{stamp} koru {VERSION} {' '.join(words)}\n{crash.describe(error)}\n")


def _place(error: BaseException) -> str | None:
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    return f"{frames.tb_frame.f_code.co_filename}, line {frames.tb_lineno}" if frames else None
