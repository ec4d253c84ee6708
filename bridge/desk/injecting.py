"""One injection from focus to Enter, as a plain blocking function that tells each step. Drives are unknown here."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from injectors import prompt
from injectors.base import (
    ClipboardState,
    EnterWithheld,
    FoundTarget,
    Injection,
    Injector,
    Inserted,
    InsertMethod,
    Level,
    Lost,
    Restored,
    Stop,
    Submitted,
    Target,
)
from injectors.guarding import guarded


@dataclass(frozen=True, slots=True)
class InjectionRequest:
    """What is to be put where. Without `submit` it stays a draft; Enter is pressed only from `at_least` on."""

    text: str
    target: Target
    submit: bool
    at_least: Level = Level.VERIFIED
    method: InsertMethod = InsertMethod.PASTE
    guard: bool = True
    panic_key: str = "Pause"


@dataclass(frozen=True, slots=True)
class Performed:
    """How far an injection came. `withheld`: Enter was asked for and not pressed. `restored.text_left`: the text is
    still in the field."""

    place: FoundTarget
    inserted: Inserted
    restored: Restored
    submitted: Submitted | None = None
    withheld: EnterWithheld | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of all steps, the state of the clipboard and the gap, each text once."""
        submitted = self.submitted.notes if self.submitted else ()
        said = (*self.inserted.notes, *submitted, *self.restored.notes, _said(self.restored.clipboard), self.place.gap)
        return tuple(dict.fromkeys(note for note in said if note))


Step = FoundTarget | Inserted | Submitted | EnterWithheld | Restored | str
Tell = Callable[[Step], None]


def perform(
    injector: Injector, environment: Mapping[str, str], order: InjectionRequest, stop: Stop, tell: Tell
) -> Performed:
    """Insert, and submit if asked. `tell` is called with each step in this thread.

    Raises Declined (nothing touched) or Lost (what is in the field is not known). When Enter was asked for and
    withheld, our text is deleted again if the field holds nothing else.
    """
    text = order.text.replace("\r\n", "\n").replace("\r", "\n")
    with _watched(environment, order, stop, tell), injector.locate(order.target, stop) as injection:
        tell(injection.place)
        try:
            inserted = injection.insert(text, order.method)
        except Lost as lost:
            inserted = _found_after_all(injection, text, order.method, lost)
            tell(inserted)
            return _closed(injection, inserted, EnterWithheld(lost.blocker, lost.message, lost.hint), order, tell)
        tell(inserted)
        result = injection.submit(order.at_least) if order.submit else None
        if result is not None:
            tell(result)
        if isinstance(result, EnterWithheld):
            return _closed(injection, inserted, result, order, tell)
        restored = injection.restore()
        tell(restored)
        return Performed(injection.place, inserted, restored, result)


def _closed(
    injection: Injection, inserted: Inserted, withheld: EnterWithheld, order: InjectionRequest, tell: Tell
) -> Performed:
    """Leave a draft that was asked for; take out what was to be sent and was not."""
    restored = injection.restore(retract=order.submit)
    tell(restored)
    return Performed(injection.place, inserted, restored, withheld=withheld if order.submit else None)


def _found_after_all(injection: Injection, text: str, method: InsertMethod, lost: Lost) -> Inserted:
    """Read the field once more after `lost`: the insert as verified when our text is there, else raises `lost`."""
    reading = injection.readback()
    if reading is None or not prompt.same(reading.text, text):
        raise lost
    return Inserted(Level.VERIFIED, method, len(text), (f"read back equal by {reading.source}, after: {lost.message}",))


@contextmanager
def _watched(environment: Mapping[str, str], order: InjectionRequest, stop: Stop, tell: Tell) -> Iterator[None]:
    unwatched = nullcontext("the operator guard is switched off")
    with guarded(environment, stop, panic=order.panic_key) if order.guard else unwatched as note:
        if note:
            tell(note)
        yield


def _said(clipboard: ClipboardState) -> str:
    return "" if clipboard is ClipboardState.UNTOUCHED else f"clipboard {clipboard}"
