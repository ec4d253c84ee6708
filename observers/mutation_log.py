"""The operations of VS Code's object mutation log, applied to plain JSON values. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class Kind(IntEnum):
    """`INITIAL` replaces everything. `PUSH` first cuts the array to `i` entries where `i` is given."""

    INITIAL = 0
    SET = 1
    PUSH = 2
    DELETE = 3


class Unresolved(Exception):
    """A path leads to nothing, or an entry lacks what its kind needs."""


def apply(root: Any, entry: Mapping[str, Any]) -> Any:
    """The value after one entry, changed in place where that is possible. ValueError for a kind that does not exist."""
    kind = Kind(entry["kind"])
    if kind is Kind.INITIAL:
        return entry.get("v")
    path = entry.get("k")
    if not isinstance(path, list):
        raise Unresolved("an entry without a path")
    if not path:
        # The product itself ignores a change of the root.
        return root
    parent = root
    for key in path[:-1]:
        parent = _member(parent, key)
    if kind is Kind.PUSH:
        _push(parent, path[-1], entry.get("v"), entry.get("i"))
    elif kind is Kind.SET:
        _assign(parent, path[-1], entry.get("v"))
    else:
        _assign(parent, path[-1], None)
    return root


def _member(parent: Any, key: Any) -> Any:
    if isinstance(parent, dict) and isinstance(key, str) and key in parent:
        return parent[key]
    if isinstance(parent, list) and _is_index(key) and key < len(parent):
        return parent[key]
    raise Unresolved(f"nothing at {key!r}")


def _assign(parent: Any, key: Any, value: Any) -> None:
    if isinstance(parent, list) and _is_index(key) and key == len(parent):
        parent.append(value)
        return
    named = isinstance(parent, dict) and isinstance(key, str)
    if not named and not (isinstance(parent, list) and _is_index(key) and key < len(parent)):
        raise Unresolved(f"nothing to set at {key!r}")
    parent[key] = value


def _push(parent: Any, key: Any, values: Any, cut: Any) -> None:
    try:
        array = _member(parent, key)
    except Unresolved:
        array = None
    if array is None:
        array = []
        _assign(parent, key, array)
    if not isinstance(array, list) or not isinstance(values, list | None):
        raise Unresolved(f"no array at {key!r}")
    if cut is not None:
        if not _is_index(cut) or cut > len(array):
            raise Unresolved(f"cannot cut {len(array)} entries at {cut!r}")
        del array[cut:]
    array.extend(values or ())


def _is_index(key: Any) -> bool:
    return isinstance(key, int) and not isinstance(key, bool) and key >= 0
