"""Injection on a real X11 desk against plain xdotool: strays under theft, characters lost, speed, cost of the check.

The truth is what the windows themselves say. Ours verifies and guards each time; xdotool does neither.
"""

import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from Xlib import X

from injectors.base import InjectionError, InsertMethod, Level, Stop, Submitted, Target
from injectors.focus import X11Desk
from injectors.injection import find
from injectors.x11_display import X11Display
from tests.real.desktop.conftest import ChatWindow, Desk, session_bus, until, x_display

THEFTS = 200
XDOTOOL_THEFTS = 10
MOST_TRIES = 3 * THEFTS
PARAGRAPH = "The quick brown fox jumps over the lazy dog. " * 10
PROMPT = PARAGRAPH[:200]
LONG = ("0123456789abcde\n" * 6400)[:100_000]
ROUNDS = 9
STOLEN_WITHIN_S = 0.12
TARGET = Target(title="koru-target")


def rows() -> list[dict[str, object]]:
    """See run.py."""
    with ExitStack() as stack:
        runtime = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="koru-")))
        runtime.chmod(0o700)
        desk = Desk(stack.enter_context(x_display(stack.enter_context(session_bus(runtime)))), stack)
        bystander = desk.window("gtk", "koru-bystander")
        target = desk.window("gtk", "koru-target")
        return [*thefts(desk, target, bystander), *speeds(desk, target), focus_check(desk)]


def row(measure: str, value: float, unit: str, against: str, ratio: float, bar: str, *, met: bool) -> dict[str, object]:
    named = {"measure": measure, "value": round(value, 3), "unit": unit, "against": against}
    return {**named, "ratio": round(ratio, 3), "bar": bar, "met": met}


# --- theft -----------------------------------------------------------------------------------------------------------


def thefts(desk: Desk, target: ChatWindow, bystander: ChatWindow) -> list[dict[str, object]]:
    """A theft counts only when it interrupted the injection, before its first character or after."""
    ours, said, landed = 0, 0, 0
    interrupted = tries = 0
    while interrupted < THEFTS:
        tries += 1
        assert tries <= MOST_TRIES, f"only {interrupted} of {tries} thefts came in time"
        typed = stolen(desk, target, bystander)
        ours += len(bystander.chat)
        if typed is not None:
            interrupted += 1
            said, landed = said + typed, landed + len(target.chat)
    theirs = sum(stolen_from_xdotool(desk, target, bystander) for _ in range(XDOTOOL_THEFTS))
    each = theirs / XDOTOOL_THEFTS
    stray = f"characters in the wrong window, {THEFTS} thefts"
    lost = f"characters said to be typed and not landed, {THEFTS} thefts"
    plain = f"xdotool: {each:.0f} each theft"
    return [
        row(stray, ours, "characters", plain, ours / THEFTS / max(each, 1), "0", met=ours == 0 and theirs > 0),
        row(lost, abs(said - landed), "characters", f"{said} said", abs(said - landed) / said, "0", met=said == landed),
    ]


def stolen(desk: Desk, target: ChatWindow, bystander: ChatWindow) -> int | None:
    """Type while the focus is stolen; how many characters were said to be typed, None when the thief came too late."""
    clear(target, bystander)
    try:
        with (
            desk.injector("x11").locate(TARGET, Stop()) as injection,
            thief(desk, random.uniform(0, STOLEN_WITHIN_S)),  # noqa: S311
        ):
            injection.insert(PARAGRAPH, InsertMethod.TYPE)
    except InjectionError as error:
        words = error.message.partition("after ")[2].split()
        settled(target)
        return int(words[0]) if words else 0
    return None


def stolen_from_xdotool(desk: Desk, target: ChatWindow, bystander: ChatWindow) -> int:
    clear(target, bystander)
    with desk.injector("x11").locate(TARGET, Stop()) as injection:
        injection.take_focus()
    with thief(desk, random.uniform(0.05, STOLEN_WITHIN_S)):  # noqa: S311
        desk.run("xdotool", "type", "--delay", "2", PARAGRAPH)
    settled(bystander)
    return len(bystander.chat)


@contextmanager
def thief(desk: Desk, after_s: float) -> Iterator[None]:
    """Gives the bystander the focus, as any program may, once and some time after the start."""
    display = X11Display(desk.environment["DISPLAY"])
    window = find(X11Desk(display), Target(title="koru-bystander")).id

    def steal() -> None:
        time.sleep(after_s)
        display.raw.set_input_focus(window, X.RevertToParent, X.CurrentTime)
        display.raw.sync()

    thread = threading.Thread(target=steal)
    thread.start()
    try:
        yield
    finally:
        thread.join()
        display.close()


def clear(*windows: ChatWindow) -> None:
    for window in windows:
        window.tell(chat="", focus="chat")


def settled(window: ChatWindow) -> None:
    """Wait until no more characters come."""
    seen: list[int] = [-1]

    def still() -> bool:
        before, seen[0] = seen[0], len(window.chat)
        time.sleep(0.05)
        return before == seen[0]

    until(still, "the characters have landed")


# --- speed -----------------------------------------------------------------------------------------------------------


def speeds(desk: Desk, target: ChatWindow) -> list[dict[str, object]]:
    pasted = len(LONG) / seconds(lambda: paste(desk, target, LONG), 3)
    clear(target)
    ours: list[int] = []
    whole = seconds(lambda: ours.append(submitted(desk, target)), ROUNDS)
    typed, lost = xdotool(desk, target)
    plain = len(PROMPT) / typed
    return [
        row(
            "paste of 100 KB, read back",
            pasted,
            "characters/s",
            "xdotool type",
            pasted / plain,
            ">= 50x",
            met=pasted >= 50 * plain,
        ),
        row(
            "insert, verify, submit: 200 characters",
            whole * 1000,
            "ms",
            "xdotool type and Return",
            whole / typed,
            "<= 1x",
            met=whole <= typed,
        ),
        row(
            f"characters lost over {ROUNDS} prompts",
            sum(ours),
            "characters",
            f"xdotool: {lost} of {len(PROMPT) * ROUNDS}",
            sum(ours) / (len(PROMPT) * ROUNDS),
            "0",
            met=sum(ours) == 0,
        ),
    ]


def paste(desk: Desk, target: ChatWindow, text: str) -> None:
    clear(target)
    with desk.injector("x11").locate(TARGET, Stop()) as injection:
        assert injection.insert(text).level is Level.VERIFIED
    assert target.chat == text, "what was verified is not there"


def submitted(desk: Desk, target: ChatWindow) -> int:
    """Insert, verify and submit one prompt; the characters by which what was sent differs in length."""
    before = target.sent
    with desk.injector("x11").locate(TARGET, Stop()) as injection:
        assert injection.insert(PROMPT).level is Level.VERIFIED
        assert isinstance(injection.submit(), Submitted)
    sent = target.sent[len(before) :]
    assert len(sent) == 1, f"{len(sent)} prompts were sent instead of one"
    return abs(len(PROMPT) - len(sent[0]))


def xdotool(desk: Desk, target: ChatWindow) -> tuple[float, int]:
    """Seconds for typing and sending one prompt at its own pace, and the characters lost over all rounds."""
    clear(target)
    costs, lost = [], 0
    for _ in range(ROUNDS):
        before = len(target.sent)
        began = time.perf_counter()
        desk.run("xdotool", "type", PROMPT)
        desk.run("xdotool", "key", "Return")
        until(lambda before=before: len(target.sent) > before, "xdotool sent it")  # type: ignore[misc]
        costs.append(time.perf_counter() - began)
        lost += abs(len(PROMPT) - len(target.sent[-1]))
    return statistics.median(costs), lost


def seconds(act: Callable[[], object], rounds: int) -> float:
    costs = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        costs.append(time.perf_counter() - began)
    return statistics.median(costs)


def focus_check(desk: Desk) -> dict[str, object]:
    display = X11Display(desk.environment["DISPLAY"])
    try:
        windows = X11Desk(display)
        window = find(windows, TARGET)
        check = seconds(lambda: windows.prove(window), 200)
    finally:
        display.close()
    plain = seconds(lambda: desk.run("xdotool", "getactivewindow"), ROUNDS)
    return row(
        "focus check, all of it",
        check * 1000,
        "ms",
        "xdotool getactivewindow",
        check / plain,
        "<= 1x",
        met=check <= plain,
    )
