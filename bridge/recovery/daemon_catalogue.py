"""Every action that the daemon runs. In a module of its own, so that the daemon's start need not import the others."""

from bridge.recovery import (
    mark_not_submitted,
    mark_submitted,
    open_chat,
    reconnect_plugin,
    release_queue,
    reload_window,
    resend_drive,
)
from bridge.recovery.action import Action
from bridge.recovery.daemon import Daemon

_ALL: tuple[Action[Daemon], ...] = (
    reconnect_plugin,
    reload_window,
    open_chat,
    release_queue,
    mark_submitted,
    mark_not_submitted,
    resend_drive,
)
IN_DAEMON = {action.ID: action for action in _ALL}
