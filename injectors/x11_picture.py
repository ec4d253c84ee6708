"""A window's picture as PNG, shown to the operator; no code decides anything by it."""

import struct
import zlib

from Xlib import X
from Xlib.error import XError

from injectors.base import Declined
from injectors.blockers import BlockerWord
from injectors.x11_display import X11Display


def window_png(display: X11Display, xid: int) -> bytes:
    """The window's content as PNG. Declined when it is gone, hidden, or of a depth other than 24 or 32 bits."""
    window = display.window(xid)
    try:
        size = window.get_geometry()
        image = window.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xFFFFFFFF)
    except XError as error:
        message = f"no picture of window {xid:#x}: {type(error).__name__}"
        raise Declined(BlockerWord.TARGET_GONE, message, "bring the window to the front") from error
    if image.depth not in (24, 32):
        message = f"no picture at a colour depth of {image.depth}"
        raise Declined(BlockerWord.DESK_UNSUPPORTED, message, "use a display with 24 bits")
    return _png(size.width, size.height, bytes(image.data))


def _png(width: int, height: int, bgrx: bytes) -> bytes:
    rgb = bytearray(width * height * 3)
    rgb[0::3], rgb[1::3], rgb[2::3] = bgrx[2::4], bgrx[1::4], bgrx[0::4]
    stride = width * 3
    rows = b"".join(b"\0" + rgb[y * stride : (y + 1) * stride] for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
