"""What the operator sees of a chat, read from the page itself: its rows, its input, a question, a dialog."""

from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Locator, Page

from tests.real.vscode.browser import Browser
from tests.real.vscode.deadline import until

Place = Literal["auxiliarybar", "editor"]
Role = Literal["user", "agent", "queued"]

_ROWS = """rows => rows.filter(row => !row.matches(".monaco-tree-sticky-row")).map(row => {
  const item = row.querySelector(".interactive-item-container");
  const role = !item || item.matches(".pending-divider") ? null
    : item.matches(".pending-request") ? "queued"
    : item.matches(".interactive-request") ? "user" : "agent";
  const text = [...row.querySelectorAll(".value")].map(value => value.innerText).join("\\n");
  return [Number(row.dataset.index), role, text];
}).filter(([, role]) => role).sort(([a], [b]) => a - b)"""
_FOCUS = "() => document.activeElement?.closest('.part')?.id.replace('workbench.parts.', '') ?? ''"


@dataclass(frozen=True, slots=True)
class Row:
    """One message in the view; a queued prompt is one that waits behind a running turn."""

    role: Role
    text: str


class ChatView:
    """The chat in the side bar or, for place "editor", the one in the editor tab that is in front."""

    def __init__(self, browser: Browser, page: Page, place: Place = "auxiliarybar") -> None:
        self._browser, self._page = browser, page
        self._chat = f".part.{place} .interactive-session"

    def rows(self) -> list[Row]:
        """The rows in view, oldest first. The list is virtual: rows scrolled out of view are not there."""
        found = self._browser.call(lambda: self._find(".monaco-list-row").evaluate_all(_ROWS))
        return [Row(role, _plain(text)) for _, role, text in found]

    def wait_for(self, role: Role, text: str) -> Row:
        """Waits for a row of that role that contains the text."""

        def seen() -> Row | None:
            return next((row for row in self.rows() if row.role == role and text in row.text), None)

        return until(seen, f"a row of the {role} with {text!r} in the chat")

    def draft(self) -> str:
        """What stands in the input and was not sent."""
        lines = self._browser.call(lambda: self._input().locator(".view-line").all_inner_texts())
        return _plain("\n".join(lines))

    def type_draft(self, text: str) -> None:
        """Puts text into the input as an operator would, at the cursor, and waits until it stands there."""
        before = self.draft()
        self._browser.call(lambda: self._insert(text))
        until(lambda: self.draft() != before, "the typed text stood in the chat input")

    def clear_draft(self) -> None:
        self._browser.call(self._delete)
        until(lambda: not self.draft(), "the chat input was empty")

    def answer(self, text: str) -> None:
        """Answers the question that the agent asked above the input."""
        field = self._find(".chat-question-carousel-container input, .chat-question-carousel-container textarea").first
        self._browser.call(lambda: field.fill(text))
        self._browser.call(lambda: field.press("Enter"))

    def press(self, label: str) -> None:
        """Presses the button with this label in the chat. Hidden copies serve the page to measure its toolbars."""
        button = self._find(".monaco-button", has_text=label).filter(visible=True).first
        self._browser.call(button.click)

    def allow_once(self) -> None:
        """Lets the tool that waits run this one time. Its main button would allow it for all chats of the window."""
        waiting = self._find(".monaco-dropdown-button").filter(visible=True)
        self._browser.call(lambda: waiting.first.wait_for())
        until(lambda: self._browser.call(lambda: self._choose_once(waiting)), "the tool was let run once")

    def _choose_once(self, waiting: Locator) -> bool:
        """One try, True once nothing waits any more: a menu that has just come up takes no click."""
        once = self._page.get_by_role("menuitem", name="Allow Once")
        if once.is_visible():
            once.click()
        elif waiting.count():
            waiting.first.click()
        return not waiting.count()

    def _delete(self) -> None:
        self._input().click()
        self._page.keyboard.press("Control+a")
        self._page.keyboard.press("Delete")

    def _insert(self, text: str) -> None:
        self._input().click()
        self._page.keyboard.insert_text(text)

    def _input(self) -> Locator:
        return self._find(".interactive-input-editor").first

    def _find(self, selector: str, has_text: str | None = None) -> Locator:
        return self._page.locator(f"{self._chat} :is({selector})", has_text=has_text)


def focused_part(browser: Browser, page: Page) -> str:
    """The part of the window that has the keyboard: "auxiliarybar", "editor", "sidebar", "panel" ... or ""."""
    focused: str = browser.call(lambda: page.evaluate(_FOCUS))
    return focused


def dialog(browser: Browser, page: Page) -> str | None:
    """The text of the modal dialog that is open, if one is."""
    texts = browser.call(lambda: page.locator(".monaco-dialog-box").all_inner_texts())
    return _plain("\n".join(texts)) if texts else None


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ").strip("\n")
