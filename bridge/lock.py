"""The lock that makes the daemon the only one: `flock` decides, the content says who holds it and how to tell.

Standard library only; the commands read it to name the holder, and to signal that process and no other.
"""

import errno
import fcntl
import json
import os
import stat

from bridge.protocol.errors import BridgeError, Reason

CONTENT_MAX_BYTES = 4096


class Holder:
    """What a lock file says. `started` identifies the process beside its pid, which the system hands out again."""

    __slots__ = ("pid", "socket", "started", "version")

    def __init__(self, pid: int, started: str, socket: str, version: str) -> None:
        self.pid = pid
        self.started = started
        self.socket = socket
        self.version = version

    def is_running(self) -> bool:
        """Whether exactly that process still lives; a later one with the same pid does not count."""
        return process_start(self.pid) == self.started

    def __str__(self) -> str:
        return f"pid {self.pid}, socket {self.socket}"


class Lock:
    """An exclusive lock on a file of ours. The file stays behind on purpose: removing it would open a race."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: str, *, socket: str, version: str) -> "Lock":
        """Take it now or raise BridgeError: DAEMON_RUNNING (names the holder), SOCKET_UNSAFE, STATE_UNWRITABLE."""
        descriptor = _open(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _check_still_there(path, descriptor)
            _write(descriptor, socket, version)
        except BlockingIOError:
            os.close(descriptor)
            raise _held(path) from None
        except OSError as error:
            os.close(descriptor)
            raise _unwritable(path, error) from error
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    def release(self) -> None:
        """Empty the file and let go. Safe to call twice."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def holder(path: str) -> Holder | None:
    """Who holds the lock now; None when it is free, or a new holder has not written its name yet.

    Asked of the content and the process list. Trying the lock would make another's `take` fail.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        found = _read(descriptor)
    finally:
        os.close(descriptor)
    return found if found and found.is_running() else None


def process_start(pid: int) -> str | None:
    """What tells a process from others that had its pid; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat_file:
            # Field 22 counts ticks since boot. The name, in parentheses, may hold anything.
            fields = stat_file.read().rpartition(b")")[2].split()
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as boot:
            return None if fields[0] == b"Z" else f"{boot.read().strip()}:{fields[19].decode('ascii')}"
    except (FileNotFoundError, ProcessLookupError):  # the latter when it ends between the open and the read
        return None if os.path.exists("/proc/self/stat") else _process_start_from_ps(pid)


def _process_start_from_ps(pid: int) -> str | None:
    import subprocess

    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    done = subprocess.run(command, capture_output=True, timeout=5, check=False, env={"LC_ALL": "C"})
    return done.stdout.decode("utf-8", "replace").strip() or None


def _open(path: str) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _unsafe(path, "is a symbolic link") from None
        raise _unwritable(path, error) from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        os.close(descriptor)
        raise _unsafe(path, "is not a plain file of yours")
    return descriptor


def _unwritable(path: str, error: OSError) -> BridgeError:
    why = os.strerror(error.errno or 0)
    hint = "make the directory writable and free some space, or choose another by XDG_STATE_HOME or KORU_SOCKET"
    return BridgeError(Reason.STATE_UNWRITABLE, f"cannot take the lock: {why}", where=path, hint=hint)


def _unsafe(path: str, what: str) -> BridgeError:
    return BridgeError(Reason.SOCKET_UNSAFE, f"the lock {what}", where=path, hint="look who made it, then remove it")


def _check_still_there(path: str, descriptor: int) -> None:
    """Raises BridgeError DAEMON_NOT_STARTED when the file was removed between our open and our lock."""
    ours = os.fstat(descriptor)
    try:
        there = os.lstat(path)
    except FileNotFoundError:
        there = None
    if there is None or (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
        raise BridgeError(
            Reason.DAEMON_NOT_STARTED,
            "the lock was removed while it was taken",
            where=path,
            retry=True,
            hint="try again",
        )


def _write(descriptor: int, socket: str, version: str) -> None:
    started = process_start(os.getpid()) or ""
    content = {"pid": os.getpid(), "started": started, "socket": socket, "version": version}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(content).encode("utf-8"), 0)


def _read(descriptor: int) -> Holder | None:
    try:
        content = json.loads(os.pread(descriptor, CONTENT_MAX_BYTES, 0))
        return Holder(int(content["pid"]), str(content["started"]), str(content["socket"]), str(content["version"]))
    except (ValueError, KeyError, TypeError):
        return None


def _held(path: str) -> BridgeError:
    found = holder(path)
    who = str(found) if found else "it has not said who it is yet"
    return BridgeError(
        Reason.DAEMON_RUNNING, f"a daemon is already running ({who})", where=path, hint="use it, or stop it: koru down"
    )
