"""A page with chat boxes in a real Chromium window, and what the page itself says it holds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, sync_playwright

from injectors.base import InputField, Target

CHAT = Target(title="koru-page", field=InputField("entry", "chat-input"))
MIXED = "Zażółć gęślą jaźń 👋🏽 漢字\n\tdef f():\n\t\treturn 'x'"
SOURCE = """<!doctype html><meta charset=utf-8><title>koru-page</title>
<textarea id=chat aria-label=chat-input rows=8 cols=60></textarea>
<div id=rich contenteditable aria-label=rich-input style="white-space:pre-wrap;border:1px solid"></div>
<input id=plain aria-label=plain-input>
<script>
window.sent = [];
for (const id of ['chat', 'rich']) document.getElementById(id).addEventListener('keydown', e => {
  if (e.key !== 'Enter' || e.shiftKey) return;
  e.preventDefault();
  window.sent.push(id === 'chat' ? e.target.value : e.target.innerText);
  if (id === 'chat') e.target.value = ''; else e.target.innerText = '';
});
document.getElementById('chat').focus();
</script>"""

OpenPage = Callable[[bool], Page]


@contextmanager
def browser(environment: dict[str, str], make_folder: Callable[[str], Path], *more: str) -> Iterator[OpenPage]:
    """Opens the page in a window without address bar, with or without accessibility; a new one closes the old."""
    with sync_playwright() as playwright:
        open_now: list[BrowserContext] = []

        def start(accessible: bool) -> Page:
            while open_now:
                open_now.pop().close()
            place = make_folder("chromium")
            (place / "page.html").write_text(SOURCE, encoding="utf-8")
            arguments = [f"--app=file://{place}/page.html", "--no-sandbox", "--disable-gpu", "--password-store=basic"]
            arguments += ["--force-renderer-accessibility"] if accessible else []
            told: dict[str, str | float | bool] = {**environment, "ACCESSIBILITY_ENABLED": str(int(accessible))}
            context = playwright.chromium.launch_persistent_context(
                place / "profile",
                executable_path="/usr/bin/chromium",
                headless=False,
                no_viewport=True,
                args=[*arguments, *more],
                env=told,
            )
            open_now.append(context)
            return context.pages[0]

        try:
            yield start
        finally:
            while open_now:
                open_now.pop().close()


def value(page: Page) -> str:
    return str(page.evaluate("document.getElementById('chat').value"))
