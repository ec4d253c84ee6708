"""Every check by its id. A check that is not listed here does not exist."""

from bridge.doctor.checks import chat_watch, daemon, desktop, drives, installation, models, plugins, space, stores
from bridge.doctor.finding import Check

CHECKS: dict[str, Check] = {
    check.id: check
    for topic in (daemon, drives, plugins, stores, chat_watch, desktop, models, space, installation)
    for check in topic.CHECKS
}
