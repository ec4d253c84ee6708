"""A real Chromium on headless sway, speaking Wayland itself. Truth is what the page says."""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

from injectors.base import ClipboardState, Declined, InsertMethod, Level, Stop, Submitted
from injectors.blockers import BlockerWord
from injectors.wayland_wire import VirtualKeyboard
from tests.real.desktop.chromium_page import CHAT, MIXED, browser, value

if TYPE_CHECKING:
    from tests.real.desktop.conftest import Desk


@pytest.fixture
def no_blocking_call() -> None:
    """Playwright's own loop runs in this thread; injectors block, which is why they are called from worker threads."""


@pytest.fixture(scope="module")
def opened(
    chromium_installed: None, compositor: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """The seat has a keyboard of its own, as on a real desk: a busy program misses the first keys of its first one."""
    with browser(compositor, tmp_path_factory.mktemp, "--ozone-platform=wayland") as start:
        page = start(True)
        with closing(VirtualKeyboard(compositor)):
            yield page


@pytest.fixture
def page(opened: Page) -> Page:
    opened.reload()
    opened.locator("#chat").focus()
    return opened


@pytest.mark.parametrize("text", [MIXED, MIXED * 1800], ids=["mixed", "100 KB"])
def test_a_textarea_gets_it_exactly_and_sends_it_once(wayland_desk: "Desk", stop: Stop, page: Page, text: str) -> None:
    with wayland_desk.injector("wayland_keyboard").locate(CHAT, stop) as injection:
        assert injection.insert(text).level is Level.VERIFIED
        assert value(page) == text
        assert page.evaluate("window.sent") == []
        result = injection.submit()
        assert injection.restore().clipboard is ClipboardState.RESTORED
    assert isinstance(result, Submitted)
    assert result.level is Level.VERIFIED
    assert page.evaluate("window.sent") == [text]


def test_typing_with_newlines_sends_nothing(wayland_desk: "Desk", stop: Stop, page: Page) -> None:
    text = "".join(map(chr, range(32, 127))) + "\nsecond\nthird"
    with wayland_desk.injector("wayland_keyboard").locate(CHAT, stop) as injection:
        assert injection.insert(text, InsertMethod.TYPE).level is Level.VERIFIED
    assert value(page) == text
    assert page.evaluate("window.sent") == []


def test_the_wrong_field_of_the_page(wayland_desk: "Desk", stop: Stop, page: Page) -> None:
    page.locator("#plain").focus()
    injector = wayland_desk.injector("wayland_keyboard")
    with pytest.raises(Declined) as refused, injector.locate(CHAT, stop) as injection:
        injection.insert("not here")
    assert refused.value.blocker is BlockerWord.FIELD_WRONG
    assert page.evaluate("document.getElementById('plain').value") == ""


def test_wtype_pastes_into_chromium(wayland_desk: "Desk", stop: Stop, page: Page) -> None:
    with wayland_desk.injector("wtype").locate(CHAT, stop) as injection:
        assert injection.insert(MIXED).level is Level.VERIFIED
    assert value(page) == MIXED
    assert page.evaluate("window.sent") == []
