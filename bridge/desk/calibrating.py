"""Finds a chat's input in a window: by its accessible name, else by a place to click. Blocking."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bridge.desk.calibration import Calibration
from injectors.base import Click, Declined, Injector, Stop, Target
from injectors.blockers import BlockerWord


@dataclass(frozen=True, slots=True)
class CalibrationRequest:
    """The product and the window. The input is where `click` says, else where the pointer is after `pointer_after_s`
    seconds, else the one that has the focus."""

    product: str
    version: str
    target: Target
    click: Click | None = None
    pointer_after_s: float | None = None
    copyable: bool = False


def calibrate(
    injector: Injector, environment: Mapping[str, str], wanted: CalibrationRequest, stop: Stop
) -> tuple[Calibration, bytes | None]:
    """The input as it is proven now, and a PNG of the window where one can be made.

    Moves the focus and may click, but types nothing. Raises Declined.
    """
    with injector.locate(wanted.target, stop) as injection:
        click = wanted.click or _pointed(environment, injection.place.window, wanted, stop)
    with injector.locate(replace(wanted.target, click=click), stop) as injection:
        field = injection.take_focus()
        size = injection.inspect().size or (0, 0)
        if field is None and click is None:
            message = "accessibility names no input that has the focus in this window"
            hint = "put the cursor into the chat's input and try again, or show it: --pointer or --click LEFT,BOTTOM"
            raise Declined(BlockerWord.FIELD_UNKNOWN, message, hint)
        picture = _picture(environment, injection.place.window)
    return Calibration(wanted.product, wanted.version, *size, field, click, wanted.copyable), picture


def _pointed(environment: Mapping[str, str], window: int, wanted: CalibrationRequest, stop: Stop) -> Click | None:
    """Where in the window the pointer is after the time asked for; None when no time was asked for."""
    if wanted.pointer_after_s is None:
        return None
    if environment.get("WAYLAND_DISPLAY") or not environment.get("DISPLAY"):
        raise Declined(
            BlockerWord.DESK_UNSUPPORTED, "only X11 tells where the pointer is", "put the cursor into the input"
        )
    from injectors.x11_display import X11Display
    from injectors.x11_pointer import X11Pointer

    stop.wait(wanted.pointer_after_s)
    stop.check()
    display = X11Display(environment["DISPLAY"])
    try:
        pointer = X11Pointer(display, stop)
        left, top = pointer.position(window)
        width, height = pointer.size(window)
    finally:
        display.close()
    if not (0 <= left < width and 0 <= top < height):
        message = f"the pointer is at {(left, top)}, outside the window of {(width, height)}"
        raise Declined(BlockerWord.FIELD_UNKNOWN, message, "hold the pointer over the chat's input")
    return Click(left, height - top)


def _picture(environment: Mapping[str, str], window: int) -> bytes | None:
    """A PNG that helps a person to check the calibration; None where none can be made, which is no fault."""
    if environment.get("WAYLAND_DISPLAY") or not environment.get("DISPLAY"):
        return None
    from injectors.x11_display import X11Display
    from injectors.x11_picture import window_png

    display = X11Display(environment["DISPLAY"])
    try:
        return window_png(display, window)
    except Declined:
        return None
    finally:
        display.close()
