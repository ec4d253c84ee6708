"""The messages about the desktop: one injection by hand, its rehearsal, the stop, and calibration."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.protocol.messages.base import SAFE_INTEGER, Identifier, Integer, Message, Milliseconds

InjectionLevel = Literal["sent", "delivered", "verified"]
Pixels = Annotated[int, Field(ge=0, le=65_535)]


class DeskTarget(Message):
    """Which window. `surface`: a surface's key, a window's id, an IDE's id, or a name of `desk.yaml`; else what the
    desktop knows of it: `app` (X11 class or Wayland app id), a part of the `title`, a process, the display's own id."""

    surface: Identifier | None = None
    app: Identifier | None = None
    title: Identifier | None = None
    pid: Annotated[int, Field(ge=1, le=SAFE_INTEGER)] | None = None
    window: Annotated[int, Field(ge=1, le=SAFE_INTEGER)] | None = None


class DeskInjectParams(Message):
    """Put a text into a window by hand. A surface's calibrated input is used; of another window, the focused field.
    With `dry_run` each step is told and none is done. An operator's word."""

    target: DeskTarget
    text: str
    submit: bool = False
    dry_run: bool = False
    via: Identifier | None = None
    method: Literal["paste", "type"] = "paste"
    deadline_ms: Milliseconds = 60_000


class DeskStep(Message):
    """One step: it was done, it would be, or it was refused."""

    step: Identifier
    state: Literal["done", "would", "refused"]
    detail: str


class DeskInjectResult(Message):
    """`withheld`: the text went in, and Enter was not pressed. `lost`: what is in the field is not known."""

    outcome: Literal["rehearsed", "inserted", "submitted", "withheld", "declined", "lost"]
    steps: list[DeskStep]
    interface: Identifier | None = None
    level: InjectionLevel | None = None
    blocker: Identifier | None = None
    message: str | None = None
    hint: str | None = None


class DeskStopResult(Message):
    """Ids of the drives and injections that were ended, and of those not over yet when this was answered."""

    stopped: list[str]
    running: list[str]


class DeskCalibrateParams(Message):
    """Find a chat's input in a window and remember it for that product and version. `left` and `from_bottom` say where
    to click; `pointer_after_ms`: where the pointer is then. `copyable`: select-all and copy is harmless there."""

    target: DeskTarget
    product: Identifier | None = None
    version: Identifier | None = None
    left: Pixels | None = None
    from_bottom: Pixels | None = None
    pointer_after_ms: Annotated[int, Field(ge=0, le=60_000)] | None = None
    copyable: bool = False


class DeskCalibrateResult(Message):
    """What was remembered, in which file, and with which picture of the window for a person to look at."""

    product: str
    version: str
    file: str
    width: Integer
    height: Integer
    picture: str | None = None
    role: str | None = None
    name: str | None = None
    left: Pixels | None = None
    from_bottom: Pixels | None = None
    copyable: bool = False
