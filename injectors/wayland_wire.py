"""A client of zwp_virtual_keyboard_v1 over the bare Wayland socket: requests out, two kinds of events in."""

import array
import os
import socket
import struct
import time
from collections.abc import Mapping

from injectors.base import Declined
from injectors.blockers import BlockerWord

_display, _registry = 1, 2
_manager_name = "zwp_virtual_keyboard_manager_v1"
_answer_seconds = 3.0
_shift_mask, _control_mask = 1, 4
_modifier_masks = {42: _shift_mask, 29: _control_mask}
_us_keymap = (
    'xkb_keymap { xkb_keycodes { include "evdev+aliases(qwerty)" }; xkb_types { include "complete" };'
    ' xkb_compat { include "complete" }; xkb_symbols { include "pc+us+inet(evdev)" }; };'
)


class WireFailed(Exception):
    """The compositor refused, closed the connection, or did not answer in time."""


class VirtualKeyboard:
    """A keyboard with the plain US layout, so that every key sits where programs expect it.

    Making one connects to the compositor, each answer within 3 s, or raises Declined.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        path = os.path.join(environment.get("XDG_RUNTIME_DIR", ""), environment["WAYLAND_DISPLAY"])  # noqa: PTH118
        self._wire = socket.socket(socket.AF_UNIX)
        self._wire.settimeout(_answer_seconds)
        self._next, self._buffer = 3, b""
        self._globals: dict[str, int] = {}
        try:
            self._wire.connect(path)
            self._send(_display, 1, struct.pack("<I", _registry))
            self.sync()
            self._keyboard = self._make_keyboard()
        except (OSError, WireFailed) as error:
            self._wire.close()
            message = f"cannot connect to the compositor at {path}: {error}"
            raise Declined(BlockerWord.DISPLAY_DEAD, message, "check WAYLAND_DISPLAY and XDG_RUNTIME_DIR") from error
        except BaseException:
            self._wire.close()
            raise

    def stroke(self, codes: list[int]) -> None:
        """Press in order, release in reverse. Raises WireFailed."""
        mask = 0
        for code in codes:
            self._key(code, True)
            if code in _modifier_masks:
                mask |= _modifier_masks[code]
                self._modifiers(mask)
        for code in reversed(codes):
            self._key(code, False)
            if code in _modifier_masks:
                mask &= ~_modifier_masks[code]
                self._modifiers(mask)

    def sync(self) -> None:
        """Wait until the compositor has handled everything sent so far. Raises WireFailed."""
        callback = self._new_id()
        self._send(_display, 0, struct.pack("<I", callback))
        while True:
            sender, opcode, body = self._receive()
            if sender == callback:
                return
            if sender == _display and opcode == 0:
                raise WireFailed(f"refused: {body[12:].decode('utf-8', 'replace').strip(chr(0))}")
            if sender == _registry and opcode == 0:
                name, length = struct.unpack_from("<II", body)
                self._globals[body[8 : 8 + length - 1].decode("ascii")] = name

    def close(self) -> None:
        self._wire.close()

    def _make_keyboard(self) -> int:
        if _manager_name not in self._globals:
            message = f"the compositor does not offer {_manager_name}"
            hint = "use the IDE plugin; sway and other wlroots compositors offer it, GNOME and KDE do not"
            raise Declined(BlockerWord.DESK_UNSUPPORTED, message, hint)
        seat, manager = self._bind("wl_seat"), self._bind(_manager_name)
        keyboard = self._new_id()
        self._send(manager, 0, struct.pack("<II", seat, keyboard))
        data = _us_keymap.encode("ascii") + b"\0"
        memory = os.memfd_create("koru-keymap", os.MFD_CLOEXEC)
        try:
            os.write(memory, data)
            self._send(keyboard, 0, struct.pack("<II", 1, len(data)), memory)
        finally:
            os.close(memory)
        self.sync()
        return keyboard

    def _bind(self, interface: str) -> int:
        made = self._new_id()
        text = interface.encode("ascii") + b"\0"
        padded = text + b"\0" * (-len(text) % 4)
        body = struct.pack("<II", self._globals[interface], len(text)) + padded + struct.pack("<II", 1, made)
        self._send(_registry, 0, body)
        return made

    def _key(self, code: int, down: bool) -> None:
        stamp = int(time.monotonic() * 1000) & 0xFFFFFFFF
        self._send(self._keyboard, 1, struct.pack("<III", stamp, code, down))

    def _modifiers(self, mask: int) -> None:
        self._send(self._keyboard, 2, struct.pack("<IIII", mask, 0, 0, 0))

    def _new_id(self) -> int:
        self._next += 1
        return self._next - 1

    def _send(self, receiver: int, opcode: int, body: bytes, memory: int | None = None) -> None:
        message = struct.pack("<IHH", receiver, opcode, 8 + len(body)) + body
        rights = [] if memory is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [memory]))]
        try:
            self._wire.sendmsg([message], rights)
        except OSError as error:
            raise WireFailed(str(error)) from error

    def _receive(self) -> tuple[int, int, bytes]:
        try:
            while len(self._buffer) < 8 or len(self._buffer) < struct.unpack_from("<I", self._buffer, 4)[0] >> 16:
                part = self._wire.recv(65536)
                if not part:
                    raise WireFailed("the compositor closed the connection")
                self._buffer += part
        except OSError as error:
            raise WireFailed(str(error)) from error
        sender, opcode, length = struct.unpack_from("<IHH", self._buffer)
        body, self._buffer = self._buffer[8:length], self._buffer[length:]
        return sender, opcode, body
