"""One VS Code window: its chat as the operator sees it, commands run in it, its extension host, its end."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page

from tests.real.vscode.browser import Browser
from tests.real.vscode.chat_view import ChatView, dialog, focused_part
from tests.real.vscode.deadline import SECONDS
from tests.real.vscode.probe import Answer, Probe, Probes

_COMMAND = "return await vscode.commands.executeCommand(data.command, ...data.arguments)"
_MODELS = """
const { promise, resolve } = Promise.withResolvers();
const look = async () => { if ((await vscode.lm.selectChatModels(data)).length) resolve(); };
const changed = vscode.lm.onDidChangeChatModels(look);
await look();
await promise;
changed.dispose();
"""
# What a browser tells a page that goes into the background and comes back.
_LOOK_AWAY = """() => {
  const told = new Event('visibilitychange');
  document.hasFocus = () => false;
  document.dispatchEvent(told);
  delete document.hasFocus;
  document.dispatchEvent(told);
}"""
GLANCE_SECONDS = 0.2


class Window:
    """Blocking calls, from any thread; inside an event loop call them through anyio.to_thread."""

    def __init__(self, browser: Browser, page: Page, probes: Probes, probe: Probe) -> None:
        self._browser, self._page, self._probes, self._probe = browser, page, probes, probe
        self.chat = ChatView(browser, page)
        self.editor_chat = ChatView(browser, page, "editor")

    @property
    def host_pid(self) -> int:
        """The extension host's process."""
        return self._probe.pid

    def evaluate(self, code: str, data: object = None, seconds: float = SECONDS) -> Any:
        """Runs an async function body in the extension host; it may use vscode, context, require and data."""
        return self._probe.run(code, data, seconds)

    def command(self, command: str, *arguments: object, seconds: float = SECONDS) -> Any:
        """Executes a VS Code command and returns its JSON result, None for undefined."""
        return self.start_command(command, *arguments).result(seconds)

    def start_command(self, command: str, *arguments: object) -> Answer:
        """Executes a VS Code command without waiting for its result."""
        return self._probe.start(_COMMAND, {"command": command, "arguments": arguments})

    def wait_for_model(self, vendor: str) -> None:
        """Until a chat model of that vendor is there: before that a prompt is answered with a sign-in dialog."""
        self.evaluate(_MODELS, {"vendor": vendor})

    def dialog(self) -> str | None:
        """The text of the modal dialog that is open, if one is."""
        return dialog(self._browser, self._page)

    def focused_part(self) -> str:
        """The part of the window that has the keyboard: "auxiliarybar", "editor", "sidebar" ... or ""."""
        return focused_part(self._browser, self._page)

    def evaluate_page(self, code: str) -> Any:
        """The JSON result of a function evaluated in the page itself."""
        return self._browser.call(lambda: self._page.evaluate(code))

    def press_key(self, key: str) -> None:
        """A key in Playwright's names, such as "Escape", where the focus is."""
        self._browser.call(lambda: self._page.keyboard.press(key))

    def look_away(self) -> None:
        """The operator looks elsewhere for a moment: VS Code writes its chats when a window loses the focus, and
        otherwise every 5 s. The keyboard stays where it is. Nothing happens to a page that is closed or loading."""
        with suppress(Error):
            self._browser.call(lambda: None if self._page.is_closed() else self._page.evaluate(_LOOK_AWAY))

    def screenshot(self, path: Path) -> None:
        """Saves a PNG."""
        self._browser.call(lambda: self._page.screenshot(path=path))

    @contextmanager
    def new_host(self) -> Iterator[None]:
        """What is done inside ends the extension host; at the end the window's next one is up."""
        known = self._probes.known()
        yield
        self._probe = self._probes.next_after(known)

    def kill_host(self) -> None:
        """SIGKILL to the extension host; returns when VS Code has started a new one."""
        with self.new_host():
            os.kill(self.host_pid, signal.SIGKILL)

    def reload(self) -> None:
        """Reloads the window; returns when the new extension host is up."""
        with self.new_host():
            self.start_command("workbench.action.reloadWindow").close()

    def close(self) -> None:
        self._browser.call(self._page.close)


@contextmanager
def glances(windows: Sequence[Window]) -> Iterator[None]:
    """While inside, the operator looks away from these windows again and again: their chats are soon on disk."""
    over = threading.Event()

    def glance() -> None:
        while not over.wait(GLANCE_SECONDS):
            for window in tuple(windows):
                window.look_away()

    thread = threading.Thread(target=glance, name="operator's eyes")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
