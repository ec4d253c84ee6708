"""A real desk: Xvfb, a window manager, a session bus, accessibility; and programs on it that tell their state."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from Xlib import Xatom

from injectors.base import Injector, Stop
from injectors.catalogue import CATALOGUE
from injectors.focus import X11Desk
from injectors.readback import open_reader
from injectors.sway import SwayDesk
from injectors.x11_display import X11Display

_targets = Path(__file__).parent / "targets"
_openbox = Path(__file__).parent / "openbox.xml"
_system_python = "/usr/bin/python3"
_patience = 30.0


class Desk:
    """Environment of one running desk, and what was started on it."""

    def __init__(self, environment: dict[str, str], stack: contextlib.ExitStack) -> None:
        self.environment, self._stack = environment, stack

    def injector(self, name: str) -> Injector:
        return CATALOGUE[name](self.environment)

    def start(self, *command: str, **options: Any) -> "subprocess.Popen[str]":
        return self._stack.enter_context(running(list(command), self.environment, **options))

    def run(self, *command: str, text: str | None = None) -> str:
        done = subprocess.run(
            command, env=self.environment, input=text, capture_output=True, text=True, timeout=_patience, check=True
        )
        return done.stdout

    def copy(self, text: str) -> None:
        """As if the operator had copied `text` in another program."""
        process = self.start("xclip", "-quiet", "-selection", "clipboard")
        assert process.stdin is not None
        process.stdin.write(text)
        process.stdin.close()
        until(lambda: self.clipboard() == text, "the clipboard")

    def clipboard(self) -> str | None:
        command = ["xclip", "-selection", "clipboard", "-o"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=_patience)
        return done.stdout if done.returncode == 0 else None

    def program(self, role: str) -> "Program":
        return Program(self.start(sys.executable, str(_targets / "clipboard_program.py"), role))

    def window(self, kind: str, title: str) -> "ChatWindow":
        """A GTK or Tk window, ready for keys."""
        script = str(_targets / f"{kind}_window.py")
        window = ChatWindow(self.start(_system_python, script, title), title)
        until(lambda: self._in_front(title, window.pid), f"{title} on the desk, with the focus")
        if kind == "gtk":
            until(lambda: self._accessible(window.pid), f"{title} on the accessibility bus")
        return window

    def _accessible(self, pid: int) -> bool:
        reader = open_reader(self.environment)
        assert reader is not None
        try:
            return reader.sees(pid)
        finally:
            reader.close()

    def _in_front(self, title: str, pid: int) -> bool:
        """Listed alone under its title (the window of the test before may not have gone yet), and with the focus."""
        if "SWAYSOCK" in self.environment:
            sway = SwayDesk(self.environment["SWAYSOCK"])
            try:
                return [window.pid for window in sway.windows() if window.title == title] == [pid]
            finally:
                sway.close()
        display = X11Display(self.environment["DISPLAY"])
        try:
            listed = [window.id for window in X11Desk(display).windows() if (window.title, window.pid) == (title, pid)]
            others = [window for window in X11Desk(display).windows() if window.title == title and window.pid != pid]
            active = display.cardinals(display.root, "_NET_ACTIVE_WINDOW", Xatom.WINDOW)
            focus = display.raw.get_input_focus().focus
            return len(listed) == 1 and not others and list(active[:1]) == listed and not isinstance(focus, int)
        finally:
            display.close()


class Program:
    """A helper program that prints a line when ready."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.pid = process.pid
        assert self.line() == "ready"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


class ChatWindow:
    """The target's own account of itself, over its stdin and stdout."""

    def __init__(self, process: "subprocess.Popen[str]", title: str) -> None:
        self.process, self.title, self.pid = process, title, process.pid
        self.tell()

    def tell(self, **command: Any) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the target died"
        state: dict[str, Any] = json.loads(line)
        return state

    def await_chat(self, text: str) -> None:
        """Wait until the field holds exactly `text`, trailing newlines aside: a fetch is not yet an insertion."""
        deadline = time.monotonic() + _patience
        while (held := self.chat.rstrip("\n")) != text.rstrip("\n"):
            assert time.monotonic() < deadline, f"the field holds {len(held)} characters: {held[:200]!r}"
            time.sleep(0.01)

    @property
    def chat(self) -> str:
        return str(self.tell()["chat"])

    @property
    def sent(self) -> list[str]:
        return list(self.tell()["sent"])


def until(condition: Callable[[], bool], what: str, seconds: float = _patience) -> None:
    """Wait for a condition; the time is only a bound."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"timed out: {what}"
        time.sleep(0.01)


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str], **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """A child in a group of its own; the whole group is gone afterwards."""
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
    } | options
    process = subprocess.Popen(command, env=environment, text=True, encoding="utf-8", start_new_session=True, **pipes)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait(_patience)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def require(*programs: str) -> None:
    """Skip with a clear word where a program is absent; fail on CI."""
    absent = [name for name in programs if shutil.which(name) is None]
    if not absent:
        return
    message = f"not tested: {', '.join(absent)} not installed (see tests/real/desktop/packages.txt)"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runtime")
    path.chmod(0o700)
    return path


@pytest.fixture(scope="session")
def bus(runtime: Path) -> Iterator[dict[str, str]]:
    """Environment with a session bus of our own, so that accessibility starts on it."""
    with session_bus(runtime) as environment:
        yield environment


@contextlib.contextmanager
def session_bus(runtime: Path) -> Iterator[dict[str, str]]:
    """See `bus`; `runtime` is a private directory for its sockets."""
    require("dbus-daemon")
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY")}
    environment |= {"XDG_RUNTIME_DIR": str(runtime), "HOME": str(runtime), "NO_AT_BRIDGE": "0"}
    environment |= {"GTK_MODULES": "gail:atk-bridge", "LANG": "C.UTF-8", "ACCESSIBILITY_ENABLED": "1"}
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
    with running(command, environment) as process:
        assert process.stdout is not None
        environment["DBUS_SESSION_BUS_ADDRESS"] = process.stdout.readline().strip()
        yield environment


@pytest.fixture(scope="session")
def display(bus: dict[str, str]) -> Iterator[dict[str, str]]:
    """An X server on a number it chose itself, with a window manager that is up."""
    with x_display(bus) as environment:
        yield environment


@contextlib.contextmanager
def x_display(bus: dict[str, str]) -> Iterator[dict[str, str]]:
    """See `display`."""
    require("Xvfb", "openbox")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset"]
    with running(command, bus, pass_fds=(write,), stdout=subprocess.DEVNULL):
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as pipe:
            number = pipe.readline().strip()
        environment = bus | {"DISPLAY": f":{number}", "GDK_BACKEND": "x11"}
        manager = ["openbox", "--sm-disable", "--config-file", str(_openbox)]
        with running(manager, environment, stdout=subprocess.DEVNULL):
            until(lambda: _managed(environment["DISPLAY"]), "a window manager")
            yield environment


def _managed(name: str) -> bool:
    display = X11Display(name)
    try:
        return bool(display.cardinals(display.root, "_NET_SUPPORTING_WM_CHECK", Xatom.WINDOW))
    finally:
        display.close()


@pytest.fixture
def desk(display: dict[str, str]) -> Iterator[Desk]:
    """The X11 desk; whatever a test starts on it ends with the test."""
    with contextlib.ExitStack() as stack:
        yield Desk(display, stack)


@pytest.fixture(scope="session")
def compositor(bus: dict[str, str]) -> Iterator[dict[str, str]]:
    """A headless sway, which refuses to run as root and so runs as nobody where we are root."""
    require("sway", "swaymsg", "setpriv")
    with tempfile.TemporaryDirectory(prefix="koru-sway-") as place:
        runtime = Path(place)
        (runtime / "config").write_text("xwayland disable\n", encoding="utf-8")
        command = ["sway", "-c", str(runtime / "config")]
        if os.geteuid() == 0:
            shutil.chown(runtime, "nobody", "nogroup")
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        headless = {"WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman"}
        own = {"XDG_RUNTIME_DIR": place, "HOME": place, "SWAYSOCK": f"{place}/sway.sock"}
        with running(command, bus | headless | own, stdout=subprocess.DEVNULL):
            until(lambda: any(runtime.glob("wayland-?")) and (runtime / "sway.sock").is_socket(), "sway")
            name = next(path.name for path in runtime.glob("wayland-?"))
            yield bus | own | {"WAYLAND_DISPLAY": name, "GDK_BACKEND": "wayland", "XDG_SESSION_TYPE": "wayland"}


@pytest.fixture
def wayland_desk(compositor: dict[str, str]) -> Iterator[Desk]:
    with contextlib.ExitStack() as stack:
        yield Desk(compositor, stack)


@pytest.fixture
def stop() -> Stop:
    return Stop()


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """For refusals that more waiting would not change: what refuses is there before the injection, and stays."""
    monkeypatch.setattr("injectors.injection._focus_seconds", 0.5)
    monkeypatch.setattr("injectors.injection._fetch_seconds", 0.5)


@pytest.fixture
def ydotool_installed() -> None:
    require("ydotool")


@pytest.fixture(scope="session")
def chromium_installed() -> None:
    require("chromium")
