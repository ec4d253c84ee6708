"""A real IntelliJ platform as a process on a display of its own: started with projects, killed, started again."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.daemon import eventually

ROOT = Path(__file__).parents[3]
START_S = 420.0
STOP_S = 20.0
# Members of the JDK that the platform of 2018 reaches into.
_OPENED = {
    "java.desktop": "java.awt java.awt.event java.awt.peer java.awt.dnd.peer java.awt.font java.awt.image javax.swing "
    "javax.swing.plaf javax.swing.plaf.basic javax.swing.plaf.synth javax.swing.text javax.swing.text.html sun.awt "
    "sun.awt.X11 sun.awt.image sun.awt.datatransfer sun.font sun.java2d sun.swing sun.swing.table",
    "java.base": "java.lang java.lang.reflect java.lang.ref java.net java.nio java.nio.charset java.util "
    "java.util.concurrent java.util.concurrent.atomic java.io java.text java.time sun.nio.ch sun.nio.fs "
    "sun.security.ssl sun.security.util sun.net.www.protocol.jar jdk.internal.misc jdk.internal.ref",
    "java.management": "sun.management",
}
# No dialog before the first project: they hang on the network or on forms that are not there.
_QUIET = (
    "-Didea.platform.prefix=PlatformLangXml",
    "-Dnosplash=true",
    "-Djb.privacy.policy.text=<!--999.999-->",
    "-Djb.consents.confirmation.enabled=false",
    "-Dide.no.tips=true",
    "-Didea.is.internal=false",
    # The icon that blinks for an error loads its classes beside the windows' thread: the platform was seen to lock up.
    "-Didea.fatal.error.notification=disabled",
)
# A JVM that lives for minutes: the quick compiler alone, and one thread to collect garbage.
SOON_UP = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
DEMO_CHATS = (
    {"id": "demo", "title": "Demo Chat", "tool_windows": ["Demo Chat"], "input": "editor"},
    {"id": "plain", "title": "Plain Chat", "tool_windows": ["Plain Chat"], "input": "text"},
    {"id": "late", "title": "Late Chat", "tool_windows": ["Late Chat"], "input": "editor"},
    {"id": "mute", "title": "Mute Chat", "tool_windows": ["Mute Chat"], "input": "editor"},
    {"id": "dropping", "title": "Dropping Chat", "tool_windows": ["Dropping Chat"], "input": "editor"},
)


# Chats that have no field to write into, one that has no action to send with, and rows that are nonsense.
ODD_CHATS = (
    {"id": "actionless", "tool_windows": ["Demo Chat"], "input": "editor", "send_action": "No.Such.Action"},
    {"id": "page", "tool_windows": ["Browser Chat"], "input": "browser", "script": "say({text})"},
    {
        "id": "service",
        "tool_windows": ["Foreign Chat"],
        "input": "unknown",
        "plugin": "dev.koru.chats",
        "service": "dev.koru.chats.PromptService",
    },
    {"id": "foreign", "tool_windows": ["Foreign Chat"], "input": "unknown"},
    {"id": "nonsense", "tool_windows": ["Demo Chat"], "colour": "red"},
)


def chats(store: str | None = "claude_code", odd: bool = False) -> str:
    """The operator's catalogue file for the demo chats, which all write one store; None: a store nobody names.
    `odd`: those of ODD_CHATS as well."""
    more = {"store": store, "store_path": "~/.claude/projects/-demo"} if store else {}
    rows = [{"send_action": "dev.koru.chats.Send", "status": "verified", **chat, **more} for chat in DEMO_CHATS]
    rows += [{**chat, **more} for chat in ODD_CHATS if odd]
    return json.dumps({"allow": ["service", "script"], "chats": rows} if odd else {"chats": rows})


@contextmanager
def display(size: str = "1400x900x24") -> Iterator[str]:
    """An X server nobody else uses; its name."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read, encoding="ascii") as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(timeout=STOP_S)


@dataclass
class Ide:
    """One IDE with a home, a configuration and plugins of its own below `home`."""

    platform: Path
    home: Path
    display: str
    socket: Path
    options: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def plugins(self) -> Path:
        return self.home / "plugins"

    @property
    def catalogue(self) -> Path:
        """The operator's own chats."""
        return self.home / "config/koru/jetbrains_chats.json"

    @property
    def log(self) -> str:
        path = self.home / "log/idea.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def start(self, *projects: Path) -> None:
        """Starts with these folders open, a frame each. Whether it is up is told by its plugin, not by a time."""
        for name in ("ide-config", "system", "plugins", "config/koru"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("KORU_", "XDG_", "IDEA_"))},
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "KORU_SOCKET": str(self.socket),
            "DISPLAY": self.display,
        }
        with (self.home / "out").open("ab") as out:
            self.process = subprocess.Popen(
                [*self._command(), *map(str, projects)],
                env=environment,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _command(self) -> list[str]:
        opened = [f"{module}/{name}=ALL-UNNAMED" for module, names in _OPENED.items() for name in names.split()]
        folders = {"config": "ide-config", "system": "system", "plugins": "plugins", "log": "log"}
        return [
            "java",
            *(option for each in opened for option in ("--add-opens", each, "--add-exports", each)),
            "-Xmx700m",
            "-Djava.net.preferIPv4Stack=true",
            f"-Didea.home.path={self.platform}",
            *(f"-Didea.{name}.path={self.home / folder}" for name, folder in folders.items()),
            f"-Duser.home={self.home}",
            *_QUIET,
            *self.options,
            "-cp",
            str(self.platform / "lib/*"),
            "com.intellij.idea.Main",
        ]

    def kill(self) -> None:
        """As a crash would: nothing is written any more."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Asked to end, and killed when it does not."""
        self._signal(signal.SIGTERM)

    def _signal(self, sign: signal.Signals) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, sign)
        try:
            self.process.wait(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=STOP_S)

    def wait_in_log(self, text: str) -> None:
        """Until the IDE's own log says so."""
        eventually(lambda: text in self.log, f"the IDE's log says {text!r}", START_S)
