"""A picture of an X display as a PNG, by means of the X protocol alone."""

import struct
import zlib
from pathlib import Path

from Xlib import X
from Xlib.display import Display


def save(name: str, path: Path) -> None:
    """Writes what the display shows. OSError when it cannot be written."""
    display = Display(name)
    try:
        root = display.screen().root
        size = root.get_geometry()
        image = root.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xFFFFFFFF)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_png(image.data, size.width, size.height))
    finally:
        display.close()


def _png(pixels: bytes, width: int, height: int) -> bytes:
    """Pixels of four bytes, blue first, to RGB rows of a PNG."""
    rows = []
    for row in range(height):
        line = pixels[row * width * 4 : (row + 1) * width * 4]
        rgb = bytearray(width * 3)
        rgb[0::3], rgb[1::3], rgb[2::3] = line[2::4], line[1::4], line[0::4]
        rows.append(b"\0" + rgb)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(rows), 6)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(*each) for each in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
