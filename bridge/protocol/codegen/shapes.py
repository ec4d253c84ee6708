"""The messages as plain values, for the writers of other languages. Raises on a type those writers do not know."""

import inspect
import pkgutil
from dataclasses import dataclass
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Final, Literal, TypeGuard, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic.fields import FieldInfo

from bridge.protocol import messages, prompt
from bridge.protocol.jsonrpc import framing
from bridge.protocol.messages.base import Message
from bridge.protocol.methods import METHODS, Method


@dataclass(frozen=True, slots=True)
class TextShape:
    """A string; lengths count code points, the pattern must match all of it."""

    least: int | None = None
    most: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class IntegerShape:
    """An integer, both bounds included."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class BooleanShape:
    """true or false."""


@dataclass(frozen=True, slots=True)
class ChoiceShape:
    """One of these strings. `alias` is the name of the Literal among the messages, where it has one."""

    values: tuple[str, ...]
    alias: str | None


@dataclass(frozen=True, slots=True)
class ListShape:
    """An array."""

    of: "TypeShape"


@dataclass(frozen=True, slots=True)
class ReferenceShape:
    """Another message."""

    name: str


TypeShape = TextShape | IntegerShape | BooleanShape | ChoiceShape | ListShape | ReferenceShape
REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class FieldShape:
    """A field. `default` is REQUIRED, None (absent and null are the same) or a value (null is refused)."""

    name: str
    kind: TypeShape
    default: object


@dataclass(frozen=True, slots=True)
class MessageShape:
    """A message."""

    name: str
    doc: str
    fields: tuple[FieldShape, ...]


def named() -> dict[str, object]:
    """Every public name of `bridge.protocol.messages`, base.py first; and the limits of a line and of a prompt."""
    found: dict[str, object] = {"LINE_MAX_BYTES": framing.LINE_MAX_BYTES, "PROMPT_MAX_BYTES": prompt.PROMPT_MAX_BYTES}
    modules = sorted(
        (info.name for info in pkgutil.iter_modules(messages.__path__)), key=lambda name: (name != "base", name)
    )
    for module in modules:
        found |= vars(import_module(f"{messages.__name__}.{module}"))
    return {name: value for name, value in found.items() if not name.startswith("_")}


def shapes() -> list[MessageShape]:
    """Every message, in the order of `named`."""
    return [_shape(kind) for kind in named().values() if _is_message(kind)]


def message(name: str) -> type[Message]:
    """The message of that name. KeyError."""
    kind = named()[name]
    if not _is_message(kind):
        raise KeyError(name)
    return kind


def choices() -> dict[str, tuple[str, ...]]:
    """The Literal types of the messages by name."""
    return {name: get_args(kind) for name, kind in named().items() if get_origin(kind) is Literal}


def aliases() -> dict[TypeShape, str]:
    """The names that the messages give to choices and to restricted strings and integers."""
    return {_kind(hint): name for name, hint in named().items() if get_origin(hint) in (Annotated, Literal)}


def constants() -> dict[str, int]:
    """The whole numbers of the messages by name."""
    return {name: value for name, value in sorted(named().items()) if name.isupper() and type(value) is int}


def methods() -> list[tuple[str, Method]]:
    """The table."""
    return list(METHODS.items())


def _is_message(kind: object) -> TypeGuard[type[Message]]:
    return isinstance(kind, type) and issubclass(kind, Message) and kind is not Message


def _shape(kind: type[Message]) -> MessageShape:
    hints = get_type_hints(kind, include_extras=True)
    fields = tuple(_field(name, hints[name], info) for name, info in kind.model_fields.items())
    return MessageShape(kind.__name__, inspect.cleandoc(kind.__doc__ or ""), fields)


def _field(name: str, hint: object, info: FieldInfo) -> FieldShape:
    alternatives = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kinds = [each for each in alternatives if each is not NoneType]
    optional = len(kinds) < len(alternatives)
    default = REQUIRED if info.is_required() else info.default
    if len(kinds) != 1 or optional != (default is None):
        raise TypeError(f"{name}: write `T`, `T = value` or `T | None = None`, not {hint}")
    return FieldShape(name, _kind(kinds[0]), default)


def _kind(hint: object) -> TypeShape:
    if get_origin(hint) is Literal:
        values = get_args(hint)
        return ChoiceShape(values, next((name for name, known in choices().items() if known == values), None))
    if get_origin(hint) is list:
        return ListShape(_kind(get_args(hint)[0]))
    base, rules = _rules(hint)
    if base is str:
        return TextShape(rules.pop("least", None), rules.pop("most", None), rules.pop("pattern", None))  # type: ignore[arg-type]
    if base is int and set(rules) == {"least", "most"}:
        return IntegerShape(rules["least"], rules["most"])  # type: ignore[arg-type]
    if base is bool:
        return BooleanShape()
    if _is_message(base):
        return ReferenceShape(base.__name__)
    raise TypeError(f"no writer knows {hint}; integers need both bounds")


def _rules(hint: object) -> tuple[object, dict[str, object]]:
    if get_origin(hint) is not Annotated:
        return hint, {}
    base, info = get_args(hint)
    rules: dict[str, object] = {}
    for rule in info.metadata:
        if isinstance(rule, Ge | MinLen):
            rules["least"] = rule.ge if isinstance(rule, Ge) else rule.min_length
        elif isinstance(rule, Le | MaxLen):
            rules["most"] = rule.le if isinstance(rule, Le) else rule.max_length
        elif getattr(rule, "pattern", None):
            rules["pattern"] = rule.pattern
        else:
            raise TypeError(f"no writer knows {rule} of {hint}")
    return base, rules
