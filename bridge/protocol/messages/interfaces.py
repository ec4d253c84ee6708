"""The messages about interfaces: which there are, and which one a drive would take and why."""

from typing import Literal

from bridge.protocol.messages.base import Grade, Identifier, Integer, Message
from bridge.protocol.messages.surfaces import SurfaceSelector


class ExplainParams(Message):
    """Which interface would a drive with this selector take, and why not another?"""

    selector: SurfaceSelector
    draft: bool = False


class ExplainRow(Message):
    """One interface for one surface. `chosen`: a drive would begin with it. `reason`: why it is refused, else null.
    `asks`: why a person must approve it first. `surface` is null where no connected chat fits."""

    interface: str
    chosen: bool
    best_grade: Grade
    authority: Integer
    cost: Integer
    surface: str | None = None
    reason: str | None = None
    asks: str | None = None


class ExplainResult(Message):
    """Every interface that could drive, for each surface that fits, best first. `message` says why none would act.
    `others`: the connected surfaces that do not fit."""

    rows: list[ExplainRow]
    surfaces: list[str]
    others: list[str]
    message: str | None = None


class InterfaceView(Message):
    """One interface of the registry. Only one whose `status` is `built` is ever chosen."""

    id: Identifier
    title: str
    family: Identifier
    direction: Identifier
    status: Literal["built", "planned", "ruled_out"]
    best_grade: Grade
    can_confirm_submit: bool
    trust: Identifier
    products: list[str]
    blocking_modes: list[str]
    status_reason: str | None = None


class InterfacesListResult(Message):
    """The registry as the daemon read it when it started. `problems`: the files it could not take."""

    interfaces: list[InterfaceView]
    problems: list[str]
