"""Where everything is, from the environment alone: nothing is read, made or checked here.

Standard library only and no pathlib at import, because the start of every command pays for this file.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def _base(variable: str, below_home: str) -> str:
    # The XDG specification tells programs to ignore relative paths.
    value = os.environ.get(variable, "")
    return value if os.path.isabs(value) else os.path.join(os.path.expanduser("~"), below_home)


def _named(variable: str) -> str | None:
    """A path the operator chose for us; relative ones are taken from where the command was run."""
    value = os.environ.get(variable, "")
    return os.path.abspath(value) if value else None


def state_name() -> str:
    return os.path.join(_base("XDG_STATE_HOME", ".local/state"), "koru")


def socket_name() -> str:
    """KORU_SOCKET, else `$XDG_RUNTIME_DIR/koru/bridge.sock`, else `run/bridge.sock` below ~/.local/state/koru.

    The plugins look by the same rule, so nothing else may enter into it.
    """
    chosen = _named("KORU_SOCKET")
    if chosen:
        return chosen
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime):
        return os.path.join(runtime, "koru", "bridge.sock")
    return os.path.join(os.path.expanduser("~"), ".local/state/koru/run/bridge.sock")


def socket_path() -> "Path":
    return as_path(socket_name())


def state_directory() -> "Path":
    """`$XDG_STATE_HOME/koru`, else ~/.local/state/koru."""
    return as_path(state_name())


def ledger_directory() -> "Path":
    return as_path(state_name(), "ledger")


def log_directory() -> "Path":
    return as_path(state_name(), "log")


def daemon_log() -> "Path":
    return as_path(state_name(), "log", "daemon.log")


def cache_directory() -> "Path":
    """KORU_CACHE, else ~/.cache/koru."""
    return as_path(_named("KORU_CACHE") or os.path.join(os.path.expanduser("~"), ".cache/koru"))


def config_directory() -> "Path":
    """`$XDG_CONFIG_HOME/koru`, else ~/.config/koru."""
    return as_path(_base("XDG_CONFIG_HOME", ".config"), "koru")


def as_path(*parts: str) -> "Path":
    from pathlib import Path

    return Path(*parts)
