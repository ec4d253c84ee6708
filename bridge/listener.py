"""Whether a process listens on a Unix socket. Blocking; used before a socket file is removed."""

import os
import socket
from pathlib import Path

# A listener whose queue is full takes no connection; after that long it counts as one that listens.
ANSWER_S = 2.0


def listens(path: Path) -> bool:
    """True unless the connection is refused or the file is gone: no other answer proves that the socket is dead."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(ANSWER_S)
        try:
            probe.connect(os.fsencode(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
        return True
