"""A VS Code server with a profile of its own, the extensions given to it, and the windows opened on it."""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.real.vscode.browser import Browser
from tests.real.vscode.deadline import until
from tests.real.vscode.install import Editor
from tests.real.vscode.probe import Probes
from tests.real.vscode.profile import Profile
from tests.real.vscode.window import Window

HERE = Path(__file__).parent
PROBE = HERE / "probe"
DEMO_AGENT = HERE.parents[2] / "plugins-vscode" / "demo-agent"
GRACE = 3.0
# Ours and the editor's own variables would lead the new editor to the one that this runs in, or to its daemon.
_foreign = re.compile(r"^(VSCODE|KORU|XDG|ELECTRON|CODE_SERVER|NODE_OPTIONS|PORT$|PASSWORD)")
_listening = re.compile(r"listening on (http://127\.0\.0\.1:\d+)/")


class ServerDied(Exception):
    """The server ended by itself. The text holds the end of its log."""


class Server:
    """A context manager: entering starts the server and the browser together, leaving stops both and what they started.

    extensions: .vsix files or folders; the proposed APIs that a manifest names are turned on for it.
    environment: added to what the extension hosts see, KORU_SOCKET for one.
    desk: the environment of a desktop on which the windows shall be seen; without one they are headless.
    """

    def __init__(
        self,
        editor: Editor,
        extensions: Sequence[Path],
        *,
        settings: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
        desk: Mapping[str, str] | None = None,
    ) -> None:
        self._desk = desk
        self._settings = dict(settings or {})
        self._editor, self._extensions = editor, (PROBE, *extensions)
        self._environment, self._stack = dict(environment or {}), ExitStack()
        self.windows: list[Window] = []

    def __enter__(self) -> Self:
        with self._stack:
            self.profile = Profile(self._settings)
            self._stack.callback(self.profile.remove)
            self._probes = Probes(self.profile.probes)
            manifests = [self.profile.add_extension(extension) for extension in self._extensions]
            proposing = [f"{m['publisher']}.{m['name']}" for m in manifests if m.get("enabledApiProposals")]
            self._process = self._start(proposing)
            self._guardian = self._guard()
            self._stack.callback(self._stop)
            self._browser = Browser(self._editor.chromium, self.profile.home, self._desk)
            self._stack.callback(self._browser.close)
            self._url = until(self._ready, "the VS Code server was ready")
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def open(self, folder: Path | None, *, model: str | None = "demo") -> Window:
        """Opens a window on a folder, or an empty one, and waits until its extensions run and the model is there."""
        known = self._probes.known()
        query = {"folder": str(folder)} if folder else {"ew": "true"}
        page = self._browser.page(f"{self._url}/?{urllib.parse.urlencode(query)}")
        window = Window(self._browser, page, self._probes, self._probes.next_after(known))
        self.windows.append(window)
        if model is not None:
            window.wait_for_model(model)
        return window

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.profile.log.read_text(encoding="utf-8", errors="replace").split("\n")[-lines:])

    def _start(self, proposing: Sequence[str]) -> subprocess.Popen[bytes]:
        profile = self.profile
        inherited = {name: value for name, value in os.environ.items() if not _foreign.match(name)}
        own = {"HOME": str(profile.home), "TMPDIR": str(profile.temporary), "KORU_PROBE_DIR": str(profile.probes)}
        options = {
            "--config": profile.config,
            "--auth": "none",
            "--bind-addr": "127.0.0.1:0",
            "--user-data-dir": profile.data,
            "--extensions-dir": profile.extensions,
        }
        flags = [
            "--disable-telemetry",
            "--disable-update-check",
            "--disable-workspace-trust",
            "--disable-getting-started-override",
            "--disable-proxy",
        ]
        proposals = [word for extension in proposing for word in ("--enable-proposed-api", extension)]
        with profile.log.open("wb") as log:
            return subprocess.Popen(
                [self._editor.node, self._editor.entry, *_flat(options), *flags, *proposals],
                env={**inherited, **own, **self._environment},
                cwd=profile.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _ready(self) -> str | None:
        if self._process.poll() is not None:
            raise ServerDied(f"the VS Code server ended with {self._process.returncode}:\n{self.log_tail()}")
        found = _listening.search(self.profile.log.read_text(encoding="utf-8", errors="replace"))
        if found is None:
            return None
        try:
            with urllib.request.urlopen(f"{found[1]}/healthz", timeout=5) as answer:  # noqa: S310
                return found[1] if answer.status == 200 else None
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return None

    def _guard(self) -> subprocess.Popen[bytes]:
        """Holds the server's end in a process of its own, for the case that this one is killed."""
        group, directory = str(self._process.pid), str(self.profile.root)
        command = [sys.executable, "-P", str(HERE / "guardian.py"), group, directory, str(GRACE)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def _stop(self) -> None:
        """Ends the whole process group, hosts and terminals included, and removes the profile."""
        assert self._guardian.stdin is not None
        self._guardian.stdin.close()
        # The server's own process stays in its group until it is waited for.
        self._process.wait(3 * GRACE)
        self._guardian.wait(3 * GRACE)


def _flat(options: Mapping[str, object]) -> list[str]:
    return [str(word) for pair in options.items() for word in pair]
