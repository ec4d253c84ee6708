"""A real Chromium, the body of every Electron IDE. Truth is what the page says, asked over its debugging protocol."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

from injectors.base import ClipboardState, Declined, InsertMethod, Level, Lost, Stop, Submitted, Target
from injectors.blockers import BlockerWord
from tests.real.desktop.chromium_page import CHAT, MIXED, OpenPage, browser, value

if TYPE_CHECKING:
    from tests.real.desktop.conftest import Desk


@pytest.fixture
def no_blocking_call() -> None:
    """Playwright's own loop runs in this thread; injectors block, which is why they are called from worker threads."""


@pytest.fixture(scope="module")
def open_page(display: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenPage]:
    with browser(display, tmp_path_factory.mktemp) as start:
        yield start


@pytest.fixture(scope="module")
def accessible_page(chromium_installed: None, open_page: OpenPage) -> Page:
    return open_page(True)


@pytest.fixture
def page(accessible_page: Page) -> Page:
    accessible_page.reload()
    accessible_page.locator("#chat").focus()
    return accessible_page


@pytest.mark.parametrize("text", [MIXED, MIXED * 1800], ids=["mixed", "100 KB"])
def test_a_textarea_gets_it_exactly_and_sends_it_once(desk: "Desk", stop: Stop, page: Page, text: str) -> None:
    desk.copy("OLD")
    with desk.injector("x11").locate(CHAT, stop) as injection:
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
        assert injection.insert(MIXED).level is Level.VERIFIED
    assert str(page.evaluate("document.getElementById('rich').innerText")).rstrip("\n") == MIXED


def test_the_wrong_field_of_the_page(desk: "Desk", stop: Stop, page: Page) -> None:
    page.locator("#plain").focus()
    with pytest.raises(Declined) as refused, desk.injector("x11").locate(CHAT, stop) as injection:
        injection.insert("not here")
    assert refused.value.blocker is BlockerWord.FIELD_WRONG
    assert page.evaluate("document.getElementById('plain').value") == ""


def test_typing_with_newlines_sends_nothing(desk: "Desk", stop: Stop, page: Page) -> None:
    text = "".join(map(chr, range(32, 127))) + "\nsecond\nthird"
    with desk.injector("x11").locate(CHAT, stop) as injection:
        assert injection.insert(text, InsertMethod.TYPE).level is Level.VERIFIED
    assert value(page) == text
    assert page.evaluate("window.sent") == []


def test_a_draft(desk: "Desk", stop: Stop, page: Page) -> None:
    page.locator("#chat").fill("a draft")
    with pytest.raises(Declined) as refused, desk.injector("x11").locate(CHAT, stop) as injection:
        injection.insert("more")
    assert refused.value.blocker is BlockerWord.INPUT_BUSY
    assert value(page) == "a draft"


@pytest.fixture(scope="module")
def unseen_page(accessible_page: Page, open_page: OpenPage) -> Page:
    """For the last tests: it replaces the browser by one that shows nothing to accessibility."""
    return open_page(False)


@pytest.fixture
def unseen(unseen_page: Page) -> Page:
    unseen_page.reload()
    unseen_page.locator("#chat").focus()
    return unseen_page


def test_without_accessibility_the_copy_proves_it(desk: "Desk", stop: Stop, unseen: Page) -> None:
    page = unseen
    desk.copy("OLD")
    copyable = Target(title="koru-page", copyable=True)
    page.locator("#chat").fill("a draft")
    with pytest.raises(Declined) as refused, desk.injector("x11").locate(copyable, stop) as injection:
        injection.insert(MIXED)
    assert refused.value.blocker is BlockerWord.INPUT_BUSY
    assert value(page) == "a draft"
    assert desk.clipboard() == "OLD"
    page.locator("#chat").fill("")
    with desk.injector("x11").locate(copyable, stop) as injection:
        inserted = injection.insert(MIXED)
        assert inserted.level is Level.VERIFIED
        assert inserted.notes == ("read back equal by copy",)
        assert value(page) == MIXED
        result = injection.submit()
    assert isinstance(result, Submitted)
    assert page.evaluate("window.sent") == [MIXED]
    assert desk.clipboard() == "OLD"


@pytest.mark.parametrize("text", [MIXED, MIXED * 16_000], ids=["mixed", "1 MB"])
def test_without_any_readback_nothing_is_sent(desk: "Desk", stop: Stop, unseen: Page, text: str) -> None:
    page = unseen
    with desk.injector("x11").locate(Target(title="koru-page"), stop) as injection:
        try:
            inserted = injection.insert(text)
        except Lost as lost:
            pytest.fail(str(lost))
        assert inserted.level is Level.DELIVERED
        withheld = injection.submit()
        assert not isinstance(withheld, Submitted)
        assert withheld.blocker is BlockerWord.LEVEL_TOO_LOW
        page.wait_for_function("text => document.getElementById('chat').value === text", arg=text)
        assert page.evaluate("window.sent") == []
