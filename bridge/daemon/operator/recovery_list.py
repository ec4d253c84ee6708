"""What can be done against what is wrong: the recoveries of the registry, and what they may be needed for now."""

from collections.abc import Mapping

from bridge.daemon.drives.lanes import Lanes
from bridge.daemon.drives.unsettled import Unsettled
from bridge.protocol.answers import answers
from bridge.protocol.messages.recovery import RecoveriesListResult, RecoveryView
from registry.model import Recovery


class RecoveryList:
    """The doctor reads the same page as a client."""

    def __init__(self, registry: Mapping[str, Recovery], unsettled: Unsettled, lanes: Lanes) -> None:
        self._registry, self._unsettled, self._lanes = registry, unsettled, lanes

    @answers("recovery/list")
    def view(self) -> RecoveriesListResult:
        """Every recovery, the drives whose outcome is unknown, and the windows in which a drive is under way."""
        views = [recovery_view(each) for each in self._registry.values()]
        queues = list(self._lanes.queues())
        return RecoveriesListResult(recoveries=views, drives_unknown=self._unsettled.ids(), queues=queues)


def recovery_view(recovery: Recovery) -> RecoveryView:
    """A recovery as the wire has it, with the command that runs it."""
    command = f"koru recover {recovery.id}" if recovery.action else recovery.run or None
    place = recovery.action or ("command" if recovery.run else "operator")
    return RecoveryView(recovery=recovery.id, title=recovery.title, place=place, risk=recovery.risk, command=command)
