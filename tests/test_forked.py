"""A process of the fork server is held like one of `subprocess`, by several threads at once."""

import os
import signal
import threading
from pathlib import Path

from tests.daemon import PATIENCE, eventually
from tests.forked import fork


def test_one_thread_waits_while_another_ends_it(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "KORU_SOCKET": str(tmp_path / "run" / "bridge.sock")}
    (tmp_path / "run").mkdir(mode=0o700)
    child = fork("daemon", [], environment=environment, cwd=tmp_path, new_session=True)
    statuses: list[int] = []
    waiting = threading.Thread(target=lambda: statuses.append(child.wait(PATIENCE)), daemon=True)
    waiting.start()
    eventually(waiting.is_alive, "the other thread waits")
    assert child.poll() is None
    child.kill()
    waiting.join(PATIENCE)
    assert statuses == [-signal.SIGKILL]
    assert child.poll() == child.wait(1) == -signal.SIGKILL
