"""The steps of an injection as they would be, without doing any of them. Blocking."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bridge.desk.injecting import InjectionRequest
from injectors import prompt
from injectors.base import Declined, Injection, Injector, InsertMethod, Inspection, Stop
from injectors.blockers import BlockerWord

RehearsalState = Literal["done", "would", "refused"]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One step. `done`: it needs no touch, and went well. `would`: it needs one, and was left out. `refused`: an
    injection would end here."""

    step: str
    state: RehearsalState
    detail: str


def rehearse(injector: Injector, order: InjectionRequest, stop: Stop) -> list[Rehearsed]:
    """Every step, also those after one that is refused. Raises Declined when the target is not one window."""
    with injector.locate(order.target, stop) as injection:
        return list(_steps(injector, injection, order))


def _steps(injector: Injector, injection: Injection, order: InjectionRequest) -> Iterator[Rehearsed]:
    place = injection.place
    yield Rehearsed("injector", "done", injector.id + (f"; {injector.caution}" if injector.caution else ""))
    yield Rehearsed("window", "done", f"{place.window:#x} '{place.title}' of {place.app}, process {place.pid}")
    yield _text(order)
    seen = injection.inspect()
    yield _focus(seen)
    yield from _field(order, seen)
    yield _draft(seen)
    how = "paste by Ctrl+V" if order.method is InsertMethod.PASTE else "type in chunks, Shift+Enter for newlines"
    if order.method is InsertMethod.PASTE:
        yield Rehearsed("clipboard", "would", "save every format of it, then offer the text")
    yield Rehearsed("insert", "would", f"{how}, {len(order.text)} characters")
    yield Rehearsed("read back", "would", "read the field and compare, newlines at the end aside")
    if order.submit:
        yield Rehearsed("submit", "would", f"press Enter if the insert is {order.at_least.name.lower()}")
    yield Rehearsed("restore", "would", "give the clipboard back, let go of every key")
    if place.gap:
        yield Rehearsed("gap", "would", place.gap)


def _text(order: InjectionRequest) -> Rehearsed:
    try:
        prompt.check(order.text)
    except Declined as error:
        return Rehearsed("text", "refused", str(error))
    return Rehearsed("text", "done", f"{len(order.text)} characters that can be carried")


def _focus(seen: Inspection) -> Rehearsed:
    if seen.refusal is None:
        return Rehearsed("focus", "done", "the window has it; nothing else holds the keyboard, no modifier is down")
    if seen.refusal.blocker is BlockerWord.FOCUS_ELSEWHERE:
        return Rehearsed("focus", "would", f"ask for it, and prove it: {seen.refusal.message}")
    return Rehearsed("focus", "refused", str(seen.refusal))


def _field(order: InjectionRequest, seen: Inspection) -> Iterator[Rehearsed]:
    if order.target.click is not None:
        yield Rehearsed(
            "click",
            "would",
            f"{order.target.click.left} px from the left, {order.target.click.from_bottom} px from the bottom",
        )
    wanted = order.target.field
    if wanted is None:
        named = f"{seen.field.role} '{seen.field.name}'" if seen.field else "a field that nothing here names"
        yield Rehearsed("field", "would", f"take whatever has the focus; now {named}")
    elif seen.refusal is None and order.target.click is None and seen.field not in (None, wanted):
        yield Rehearsed("field", "refused", f"the focus is in another one than {wanted.role} '{wanted.name}'")
    else:
        state: RehearsalState = "done" if seen.field == wanted else "would"
        yield Rehearsed("field", state, f"prove that it is {wanted.role} '{wanted.name}'")


def _draft(seen: Inspection) -> Rehearsed:
    if seen.refusal is not None or seen.reading is None:
        return Rehearsed("draft", "would", "read the field first, and leave a draft alone")
    if prompt.vacant(seen.reading.text):
        return Rehearsed("draft", "done", f"the field is empty, by {seen.reading.source}")
    return Rehearsed(
        "draft", "refused", f"{BlockerWord.INPUT_BUSY}: the field holds {len(seen.reading.text)} characters"
    )
