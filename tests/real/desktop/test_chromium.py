"""A real Chromium, the body of every Electron IDE. Truth is what the page says, asked over its debugging protocol."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from injectors.base import ClipboardState, Declined, Field, Level, Lost, Method, Stop, Submitted, Target
from injectors.blockers import Blocker

if TYPE_CHECKING:
    from tests.real.desktop.conftest import Desk

page_source = """<!doctype html><meta charset=utf-8><title>koru-page</title>
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
mixed = "Zażółć gęślą jaźń 👋🏽 漢字\n\tdef f():\n\t\treturn 'x'"


@pytest.fixture
def no_blocking_call() -> None:
    """Playwright's own loop runs in this thread; injectors block, which is why they are called from worker threads."""


@pytest.fixture(scope="module")
def open_page(display: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[bool], Page]]:
    """Opens the page in a window without address bar, with or without accessibility; a new one closes the old."""
    with sync_playwright() as playwright:
        open_now: list[BrowserContext] = []

        def start(accessible: bool) -> Page:
            while open_now:
                open_now.pop().close()
            place = tmp_path_factory.mktemp("chromium")
            (place / "page.html").write_text(page_source, encoding="utf-8")
            arguments = [f"--app=file://{place}/page.html", "--no-sandbox", "--disable-gpu", "--password-store=basic"]
            arguments += ["--force-renderer-accessibility"] if accessible else []
            environment: dict[str, str | float | bool] = {**display, "ACCESSIBILITY_ENABLED": str(int(accessible))}
            context = playwright.chromium.launch_persistent_context(
                place / "profile",
                executable_path="/usr/bin/chromium",
                headless=False,
                no_viewport=True,
                args=arguments,
                env=environment,
            )
            open_now.append(context)
            return context.pages[0]

        yield start
        while open_now:
            open_now.pop().close()


@pytest.fixture(scope="module")
def accessible_page(chromium_installed: None, open_page: Callable[[bool], Page]) -> Page:
    return open_page(True)


@pytest.fixture
def page(accessible_page: Page) -> Page:
    accessible_page.reload()
    accessible_page.locator("#chat").focus()
    return accessible_page


def value(page: Page) -> str:
    return str(page.evaluate("document.getElementById('chat').value"))


@pytest.mark.parametrize("text", [mixed, mixed * 1800], ids=["mixed", "100 KB"])
def test_a_textarea_gets_it_exactly_and_sends_it_once(desk: "Desk", stop: Stop, page: Page, text: str) -> None:
    desk.copy("OLD")
    with desk.injector("x11").locate(chat, stop) as injection:
        assert injection.insert(text).level is Level.VERIFIED
        assert value(page) == text
        assert page.evaluate("window.sent") == []
        result = injection.submit()
        assert injection.restore().clipboard is ClipboardState.RESTORED
    assert isinstance(result, Submitted)
    assert result.level is Level.VERIFIED
    assert page.evaluate("window.sent") == [text]
    assert desk.clipboard() == "OLD"


def test_a_rich_field(desk: "Desk", stop: Stop, page: Page) -> None:
    page.locator("#rich").focus()
    with desk.injector("x11").locate(Target(title="koru-page"), stop) as injection:
        assert injection.insert(mixed).level is Level.VERIFIED
    assert str(page.evaluate("document.getElementById('rich').innerText")).rstrip("\n") == mixed


def test_the_wrong_field_of_the_page(desk: "Desk", stop: Stop, page: Page) -> None:
    page.locator("#plain").focus()
    with pytest.raises(Declined) as refused, desk.injector("x11").locate(chat, stop) as injection:
        injection.insert("not here")
    assert refused.value.blocker is Blocker.FIELD_WRONG
    assert page.evaluate("document.getElementById('plain').value") == ""


def test_typing_with_newlines_sends_nothing(desk: "Desk", stop: Stop, page: Page) -> None:
    text = "".join(map(chr, range(32, 127))) + "\nsecond\nthird"
    with desk.injector("x11").locate(chat, stop) as injection:
        assert injection.insert(text, Method.TYPE).level is Level.VERIFIED
    assert value(page) == text
    assert page.evaluate("window.sent") == []


def test_a_draft(desk: "Desk", stop: Stop, page: Page) -> None:
    page.locator("#chat").fill("a draft")
    with pytest.raises(Declined) as refused, desk.injector("x11").locate(chat, stop) as injection:
        injection.insert("more")
    assert refused.value.blocker is Blocker.INPUT_BUSY
    assert value(page) == "a draft"


def test_without_accessibility_the_copy_proves_it(
    desk: "Desk", stop: Stop, accessible_page: Page, open_page: Callable[[bool], Page]
) -> None:
    """Comes last: it replaces the browser by one that shows nothing to accessibility."""
    page = open_page(False)
    page.locator("#chat").focus()
    desk.copy("OLD")
    copyable = Target(title="koru-page", copyable=True)
    page.locator("#chat").fill("a draft")
    with pytest.raises(Declined) as refused, desk.injector("x11").locate(copyable, stop) as injection:
        injection.insert(mixed)
    assert refused.value.blocker is Blocker.INPUT_BUSY
    assert value(page) == "a draft"
    assert desk.clipboard() == "OLD"
    page.locator("#chat").fill("")
    with desk.injector("x11").locate(copyable, stop) as injection:
        inserted = injection.insert(mixed)
        assert inserted.level is Level.VERIFIED
        assert inserted.notes == ("read back equal by copy",)
        assert value(page) == mixed
        result = injection.submit()
    assert isinstance(result, Submitted)
    assert page.evaluate("window.sent") == [mixed]
    assert desk.clipboard() == "OLD"


def test_without_any_readback_nothing_is_sent(desk: "Desk", stop: Stop, open_page: Callable[[bool], Page]) -> None:
    page = open_page(False)
    page.locator("#chat").focus()
    with desk.injector("x11").locate(Target(title="koru-page"), stop) as injection:
        try:
            inserted = injection.insert(mixed)
        except Lost as lost:
            pytest.fail(str(lost))
        assert inserted.level is Level.DELIVERED
        withheld = injection.submit()
        assert not isinstance(withheld, Submitted)
        assert withheld.blocker is Blocker.LEVEL_TOO_LOW
        page.wait_for_function("text => document.getElementById('chat').value === text", arg=mixed)
        assert page.evaluate("window.sent") == []


chat = Target(title="koru-page", field=Field("entry", "chat-input"))
