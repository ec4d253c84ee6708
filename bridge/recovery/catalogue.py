"""Every action by where it runs: in the daemon (daemon_catalogue.py), or in `koru recover` (here)."""

from bridge.recovery import (
    clear_socket,
    install_tool,
    reinstall_plugin,
    restart_daemon,
    restore_clipboard,
    support_bundle,
)
from bridge.recovery.action import Action
from bridge.recovery.daemon_catalogue import IN_DAEMON
from bridge.recovery.machine import CommandMachine
from registry.model import ActionPlace

_ALL: tuple[Action[CommandMachine], ...] = (
    restart_daemon,
    clear_socket,
    reinstall_plugin,
    restore_clipboard,
    install_tool,
    support_bundle,
)
IN_COMMAND = {action.ID: action for action in _ALL}
PLACES: dict[str, ActionPlace] = {**dict.fromkeys(IN_DAEMON, "daemon"), **dict.fromkeys(IN_COMMAND, "command")}
