"""A systemd user unit for the daemon: written, never enabled."""

import os
from collections.abc import Sequence
from pathlib import Path

from bridge import paths
from bridge.cli import exits
from bridge.cli.output import emit, say
from bridge.protocol.errors import BridgeError, Reason

NAME = "koru.service"
MARK = "# Written by `koru up --install-unit`, which replaces this file."
COMMANDS = ("systemctl --user daemon-reload", f"systemctl --user enable --now {NAME}")
# Variables of the person who installs the unit that the daemon must see too.
PASSED_ON = ("KORU_SOCKET", "KORU_CACHE", "XDG_STATE_HOME", "XDG_CONFIG_HOME")


def text(command: Sequence[str]) -> str:
    settings = [f"Environment={_quoted(f'{name}={os.environ[name]}')}" for name in PASSED_ON if os.environ.get(name)]
    lines = [
        MARK,
        "[Unit]",
        "Description=Koru, the bridge to agent chats in IDEs",
        "",
        "[Service]",
        "Type=notify",
        f"ExecStart={' '.join(_quoted(word, dollars=True) for word in (*command, '--foreground'))}",
        "Environment=PYTHONSAFEPATH=1",
        *settings,
        "Restart=on-failure",
        "RestartSec=2",
        "TimeoutStopSec=20",
        "UMask=0077",
        "",
        "[Install]",
        "WantedBy=default.target",
    ]
    return "\n".join(lines) + "\n"


def _quoted(word: str, *, dollars: bool = False) -> str:
    """A word by the rules of systemd.syntax(7): `%` is doubled, and `$` in commands, where variables are expanded."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped.replace("$", "$$") if dollars else escaped}"'


def path() -> Path:
    return paths.config_directory().parent / "systemd" / "user" / NAME


def install(command: Sequence[str], *, as_json: bool) -> int:
    """Write the unit and print the commands that enable it; the exit status.

    BridgeError STATE_UNWRITABLE, USAGE (a unit of that name which Koru did not write).
    """
    where = path()
    if where.exists() and not where.read_text(encoding="utf-8").startswith(MARK):
        hint = "move it away, then try again"
        raise BridgeError(Reason.USAGE, "there is a unit of that name that is not ours", where=str(where), hint=hint)
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text(command), encoding="utf-8")
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise BridgeError(Reason.STATE_UNWRITABLE, f"cannot write the unit: {why}", where=str(where)) from error
    if as_json:
        emit({"unit": str(where), "commands": COMMANDS})
    else:
        say("\n".join([f"wrote {where}", "nothing was enabled; to do that:", *(f"  {line}" for line in COMMANDS)]))
    return exits.DONE
