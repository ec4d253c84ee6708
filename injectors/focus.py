"""Proof that a key pressed now reaches one X11 window, and reaches it unaltered.

Active window *and* input focus *and* no grab *and* no held modifier: each of them alone was seen to hold while keys
went elsewhere.
"""

from Xlib import X, Xatom
from Xlib.error import XError
from Xlib.protocol import event
from Xlib.xobject.drawable import Window as XWindow

from injectors.base import Declined
from injectors.blockers import BlockerWord
from injectors.parts import Window
from injectors.x11_display import X11Display, gone

_modifier_names = ("Shift", "Lock", "Control", "Mod1", "Mod2", "Mod3", "Mod4", "Mod5")
_locks = frozenset({"Lock", "Mod2"})
_depth = 32


class X11Desk:
    """The windows of one X display under a window manager that keeps EWMH."""

    def __init__(self, display: X11Display) -> None:
        self._display = display
        self._modifiers = display.raw.get_modifier_mapping()

    def windows(self) -> list[Window]:
        try:
            listed = self._display.cardinals(self._display.root, "_NET_CLIENT_LIST", Xatom.WINDOW)
            described = [self._describe(xid) for xid in listed]
        except gone as error:
            raise _dead(error) from error
        return [window for window in described if window is not None]

    def activate(self, window: Window) -> None:
        request = event.ClientMessage(
            window=self._display.window(window.id),
            client_type=self._display.atom("_NET_ACTIVE_WINDOW"),
            data=(32, [2, X.CurrentTime, 0, 0, 0]),
        )
        mask = X.SubstructureRedirectMask | X.SubstructureNotifyMask
        self._display.root.send_event(request, event_mask=mask)
        self._display.raw.flush()

    def prove(self, window: Window) -> None:
        """See `Display.prove`. Takes a few round trips, so it may run inside a server grab, on the keys' connection."""
        try:
            self._prove_active(window)
            focus = self._prove_input_focus(window)
            self._prove_free_hands()
            self._prove_no_grab(focus)
        except XError as error:
            raise self._died(window) from error
        except gone as error:
            raise _dead(error) from error

    def close(self) -> None:
        self._display.close()

    def _describe(self, xid: int) -> Window | None:
        handle = self._display.window(xid)
        try:
            names = handle.get_wm_class()
            title = self._display.text(handle, "_NET_WM_NAME") or str(handle.get_wm_name() or "")
        except XError:
            return None
        return Window(xid, self._display.pid(xid), names[1] if names else "", title)

    def _died(self, window: Window) -> Declined:
        """Some window died during the proof: the target, or one that had the focus for a moment."""
        try:
            self._display.window(window.id).get_attributes()
        except XError:
            message = f"window {window.id:#x} died while it was checked"
            return Declined(BlockerWord.TARGET_GONE, message, "open the window again")
        return _elsewhere("the window that had the input focus died while it was checked")

    def _prove_active(self, window: Window) -> None:
        active = self._display.cardinals(self._display.root, "_NET_ACTIVE_WINDOW", Xatom.WINDOW)
        if not active or active[0] != window.id:
            self._display.window(window.id).get_attributes()
            named = f"{active[0]:#x}" if active and active[0] else "none"
            raise _elsewhere(f"the active window is {named}, wanted {window.id:#x} '{window.title}'")

    def _prove_input_focus(self, window: Window) -> XWindow:
        focus = self._display.raw.get_input_focus().focus
        if isinstance(focus, int):
            raise _elsewhere("the input focus is on no window")
        found: XWindow = focus
        handle = found
        root = self._display.root.id
        for _ in range(_depth):
            if handle.id == window.id:
                return found
            parent = handle.query_tree().parent
            if isinstance(parent, int) or parent.id == root:
                break
            handle = parent
        raise _elsewhere(f"the input focus is in {found.id:#x}, outside {window.id:#x}")

    def _prove_free_hands(self) -> None:
        down = self._display.raw.query_keymap()
        for name, codes in zip(_modifier_names, self._modifiers, strict=True):
            if name not in _locks and any(code and down[code // 8] >> (code % 8) & 1 for code in codes):
                message = f"the {name} key is held"
                raise Declined(BlockerWord.MODIFIER_HELD, message, "let go of the keyboard")
        mask = self._display.root.query_pointer().mask
        if mask & X.LockMask:
            raise Declined(BlockerWord.CAPS_LOCK, "CapsLock is on", "switch CapsLock off")
        held = mask & (X.ShiftMask | X.ControlMask | X.Mod1Mask | X.Mod4Mask)
        if held:
            message = f"a modifier is latched or locked (mask {held:#x})"
            raise Declined(BlockerWord.MODIFIER_HELD, message, "press and release the modifier keys once")

    def _prove_no_grab(self, focus: XWindow) -> None:
        """Ask for the keyboard for an instant: the core protocol has no other way to see a grab.

        For the window that has the focus already, so that the server sends no focus event.
        """
        status = focus.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        if status == X.GrabNotViewable:
            raise _elsewhere(f"the input focus {focus.id:#x} is in a hidden window")
        if status != X.GrabSuccess:
            message = "another program has grabbed the keyboard (a menu, a lock screen)"
            raise Declined(BlockerWord.KEYBOARD_GRABBED, message, "close the menu or unlock the screen")
        self._display.raw.ungrab_keyboard(X.CurrentTime)
        self._display.raw.sync()  # an ungrab that waits in our buffer would swallow another tool's keys


def _elsewhere(message: str) -> Declined:
    return Declined(BlockerWord.FOCUS_ELSEWHERE, message, "bring the window to the front")


def _dead(error: Exception) -> Declined:
    message = f"the X display went away: {error}"
    return Declined(BlockerWord.DISPLAY_DEAD, message, "restart the daemon inside the desktop session")
