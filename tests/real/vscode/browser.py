"""A Chromium driven in a thread of its own, so it also serves tests that run an event loop. Headless as a rule."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import BrowserContext, Page, sync_playwright

T = TypeVar("T")
PATIENCE = 120.0
SIZE = (1440, 1000)
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-first-run",
    "--no-sandbox",
)


class Browser:
    """One browser profile. Every page belongs to the thread: use it inside `call` only.

    desk: the environment of a desktop on which the browser shall be a real window that shows itself to accessibility.
    """

    def __init__(self, executable: str, home: Path, desk: Mapping[str, str] | None = None) -> None:
        self._desk = desk
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="browser")
        self._home = home
        self._context = self._thread.submit(self._launch, executable)

    def call(self, act: Callable[[], T]) -> T:
        """Runs act in the browser's thread and waits for it."""
        return self._thread.submit(act).result(PATIENCE)

    def page(self, url: str) -> Page:
        context = self._context.result(PATIENCE)
        page = self.call(context.new_page)
        self.call(lambda: page.goto(url, wait_until="commit"))
        return page

    def close(self) -> None:
        try:
            self.call(self._end)
        finally:
            self._thread.shutdown()

    def _launch(self, executable: str) -> BrowserContext:
        self._playwright = sync_playwright().start()
        try:
            visible = ["--force-renderer-accessibility", "--password-store=basic"] if self._desk is not None else []
            self._browser = self._playwright.chromium.launch(
                executable_path=executable,
                args=[*FLAGS, *visible],
                headless=self._desk is None,
                env={**os.environ, **(self._desk or {}), "HOME": str(self._home)},
            )
            permissions = ["clipboard-read", "clipboard-write"]
            if self._desk is not None:
                return self._browser.new_context(permissions=permissions, no_viewport=True, locale="en-US")
            width, height = SIZE
            return self._browser.new_context(
                permissions=permissions, viewport={"width": width, "height": height}, locale="en-US"
            )
        except BaseException:
            self._playwright.stop()
            raise

    def _end(self) -> None:
        if self._context.exception() is None:
            self._browser.close()
            self._playwright.stop()
