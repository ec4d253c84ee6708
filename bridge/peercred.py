"""Who is at the other end of a Unix socket, as the kernel says. None means that it could not be learned."""

# Not `socket`: that one makes enums of all its constants at import, which every command would wait for.
import _socket
import os
import sys

# <sys/un.h> of macOS and FreeBSD: level, option, and struct xucred {version, uid, ngroups, groups[16]}.
_SOL_LOCAL = 0
_LOCAL_PEERCRED = 1
_XUCRED_BYTES = 76
_UCRED_BYTES = 12


def peer_uid(connected: _socket.socket) -> int | None:
    """The effective user id the other end had when it connected (or listened)."""
    try:
        so_peercred: int | None = getattr(_socket, "SO_PEERCRED", None)
        if so_peercred is not None:
            return _ucred(connected.getsockopt(_socket.SOL_SOCKET, so_peercred, _UCRED_BYTES))
        return _xucred(connected.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_BYTES))
    except OSError:
        return None


def _xucred(raw: bytes) -> int | None:
    return _number(raw[4:8])


def _ucred(raw: bytes) -> int | None:
    """struct ucred {pid, uid, gid}. Where there is no peer to speak of, Linux fills in pid 0 and uid -1."""
    pid, uid = _number(raw[0:4]), _number(raw[4:8])
    return None if not pid or uid == 0xFFFFFFFF else uid


def _number(raw: bytes) -> int | None:
    return int.from_bytes(raw, sys.byteorder) if len(raw) == 4 else None


def is_ours(connected: _socket.socket) -> bool:
    """Whether the other end runs as the same user. What cannot be learned is not ours."""
    return peer_uid(connected) == os.geteuid()
