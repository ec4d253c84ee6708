"""Where the chat input of a product was found: the field's accessible name, or a click position inside the window.

One JSON file a product version, with a screenshot for the operator beside it. Before an injection the field is proven
again by its name; a click without a name holds only in a window of the same size.
"""

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bridge.files import make_directories, write_whole
from injectors.base import Click, Declined, InputField, Target
from injectors.blockers import BlockerWord

_safe = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Calibration:
    """`field` where accessibility names it, `click` where it can be clicked; `width` and `height` of the window.

    `copyable`: the operator said that select-all and copy is harmless there (a chat's input, never an editor).
    """

    product: str
    version: str
    width: int
    height: int
    field: InputField | None = None
    click: Click | None = None
    copyable: bool = False

    def aimed(self, target: Target) -> Target:
        """`target` with this input. A click without a field's name to prove it holds for this window size only."""
        click = self.click
        if click is not None and self.field is None:
            click = replace(click, holds_for=(self.width, self.height))
        return replace(target, field=self.field, click=click, copyable=self.copyable)


class CalibrationStore:
    """`folder` is private to the user: directory 0700, files 0600, replaced as a whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, calibration: Calibration, screenshot: bytes | None = None) -> Path:
        """Write it, and the PNG `screenshot` beside it. Returns the JSON file. Raises OSError."""
        make_directories(self._folder)
        path = self._path(calibration.product, calibration.version)
        write_whole(path, json.dumps(_encoded(calibration), indent=1).encode("utf-8"))
        if screenshot is not None:
            write_whole(path.with_suffix(".png"), screenshot)
        return path

    def load(self, product: str, version: str) -> Calibration | None:
        """The calibration of exactly this version, or None. Raises Declined for a file that cannot be used."""
        path = self._path(product, version)
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            return _decoded(stored)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            message = f"the calibration {path} cannot be used: {error!r}"
            raise Declined(BlockerWord.FIELD_UNKNOWN, message, "delete the file and run koru calibrate") from error

    def _path(self, product: str, version: str) -> Path:
        return self._folder / f"{_safe.sub('_', product)}@{_safe.sub('_', version)}.json"


def _encoded(calibration: Calibration) -> dict[str, object]:
    words = asdict(calibration)
    if calibration.click is not None:
        del words["click"]["holds_for"]
    return words


def _decoded(stored: dict[str, object]) -> Calibration:
    field, click, copyable = stored.pop("field"), stored.pop("click"), stored.pop("copyable", False)
    words = {name: stored.pop(name) for name in ("product", "version")}
    sizes = {name: stored.pop(name) for name in ("width", "height")}
    if stored or not isinstance(copyable, bool) or not all(isinstance(word, str) for word in words.values()):
        raise ValueError(f"unexpected {sorted(stored) or words}")
    return Calibration(
        product=str(words["product"]),
        version=str(words["version"]),
        width=_whole(sizes["width"]),
        height=_whole(sizes["height"]),
        field=InputField(str(field["role"]), str(field["name"])) if isinstance(field, dict) else None,
        click=Click(_whole(click["left"]), _whole(click["from_bottom"])) if isinstance(click, dict) else None,
        copyable=copyable,
    )


def _whole(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError(f"not a whole number: {number!r}")
    return number
