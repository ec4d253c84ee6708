"""The report of a goal in a real browser that has no network: it verifies itself, and what was changed shows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.ledger.report import extract, of_subject, page
from bridge.ledger.store import Ledger
from tests.real.vscode.browser import Browser
from tests.real.vscode.install import Editor

HOSTILE = (
    "żółw 🐢 </script><script>document.title = 'taken over'</script><img src=x onerror=\"document.title='taken'\">"
)


@dataclass(frozen=True)
class Seen:
    """What the browser shows, and which addresses it asked for."""

    verdict: str
    title: str
    timeline: str
    asked: list[str]
    errors: list[str]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    ledger = Ledger.open(tmp_path / "ledger")
    terms = {"text": HOSTILE, "checks": [{"command": ["pytest", "-q"], "exit": 0}]}
    ledger.append("goal_started", {"terms": terms, "surface": "w", "workspace": "/shop"}, at_ms=1000, drive_id="g")
    ledger.append("accepted", {"text": "somebody else's"}, at_ms=2000, drive_id="other")
    ledger.append("goal_drafted", {"turn": 1, "text": HOSTILE * 100}, at_ms=3000, drive_id="g")
    spent = {"ms": 4000, "tokens": 7, "microdollars": 1500}
    body = {"decision": "accept", "turn": 1, "reason": "every check passes", "spent": spent}
    ledger.append("goal_decided", body, at_ms=4000, drive_id="g")
    ledger.close()
    path = tmp_path / "report.html"
    path.write_text(page(extract(tmp_path / "ledger", of_subject("g")), "Goal g"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def show(editor: Editor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Seen]]:
    """Opens a report in a page of its own; the browser serves all tests, and never has a network."""
    browser = Browser(editor.chromium, tmp_path_factory.mktemp("browser"))

    def open_offline(path: Path) -> Seen:
        page = browser.page("about:blank")
        asked: list[str] = []
        errors: list[str] = []

        def look() -> Seen:
            page.context.set_offline(True)
            page.on("request", lambda request: asked.append(request.url))
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(path.as_uri())
            page.wait_for_selector("#verdict.good, #verdict.bad")
            page.wait_for_load_state()
            texts = page.inner_text("#verdict"), page.title(), page.inner_text("#timeline")
            page.close()
            return Seen(*texts, asked, errors)

        return browser.call(look)

    yield open_offline
    browser.close()


def test_it_verifies_itself_without_a_network(report: Path, show: Callable[[Path], Seen]) -> None:
    seen = show(report)
    assert seen.verdict.startswith("Verified here: 3 rows and 1 values are what their hashes say")
    assert seen.title == "Goal g", "what was recorded ran as a script"
    assert "Decision: accept" in seen.timeline
    assert "7 tokens, $0.0015" in seen.timeline
    assert HOSTILE in seen.timeline
    assert (seen.asked, seen.errors) == ([report.as_uri()], [])


@pytest.mark.parametrize(
    ("before", "after"),
    [("every check passes", "every check passed"), ("taken over", "taken ovex")],
    ids=["a reason", "a prompt"],
)
def test_what_was_changed_shows(before: str, after: str, report: Path, show: Callable[[Path], Seen]) -> None:
    text = report.read_text(encoding="utf-8")
    assert before in text
    report.write_text(text.replace(before, after, 1), encoding="utf-8")
    verdict = show(report).verdict
    assert verdict.startswith("Changed: row")
    assert "was changed" in verdict
