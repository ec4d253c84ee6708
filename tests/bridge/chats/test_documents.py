"""Chats as Markdown and as HTML: what a chat says can neither end nor become part of the document around it."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.chats import markdown, page
from bridge.chats.chat import Chat, read
from observers.base import ChatSession, State, Store, Turn, TurnRole

STORE = Store("vscode_chat", Path("/s"), "/w", "code")
TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=300) | st.lists(
    st.sampled_from(["```", "````", "~~~", "```py", "# a", "</div>", "<script>", "`x`", "**b**", "&", '"', "\n"]),
    max_size=12,
).map("\n".join)


def exchange(prompt: str, reply: str, reason: str | None = None) -> tuple[Chat, Sequence[Turn]]:
    rows = [
        Turn(STORE, "s1", "t1", role, text, State.DONE, 1000, "/s@0", reason, written_ms=1000)
        for role, text in ((TurnRole.USER, prompt), (TurnRole.ASSISTANT, reply))
    ]
    return read(ChatSession(STORE, "s1", 1000), rows), rows


class Reader(HTMLParser):
    """Notes which elements are open, and what text there is."""

    VOID = frozenset({"meta"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read_page(*chats: tuple[Chat, Sequence[Turn]]) -> Reader:
    reader = Reader()
    reader.feed("".join(page.document(chats, "2026-11-21T00:00:00Z", redacted=True)))
    reader.close()
    assert reader.open == []
    return reader


@given(TEXTS, TEXTS)
def test_no_text_breaks_the_page(prompt: str, reply: str) -> None:
    reader = read_page(exchange(prompt, reply))
    plain = read_page(exchange("x", "x"))
    assert set(reader.seen) - set(plain.seen) <= {"pre", "code", "b", "i"}
    assert [tag for tag in reader.seen if tag in ("article", "details")] == ["details", "article", "article"]


def test_the_page_reaches_for_nothing_outside() -> None:
    text = "".join(
        page.document(
            [exchange("see https://example.org/a.png", "![x](https://example.org/b.png)")], "now", redacted=False
        )
    )
    assert not re.search(r"<(script|img|link|iframe|a)\b|\bsrc=|\bhref=|url\(|@import", text)
    assert "default-src 'none'" in text


def test_code_is_shown_as_code() -> None:
    assert page.body("a\n```py\nx < 1\n```\nb") == (
        '<div class="text">a</div><pre><code>x &lt; 1</code></pre><div class="text">b</div>'
    )
    assert page.body("```\nnever ended") == "<pre><code>never ended</code></pre>"
    assert page.body("a `b<c` **d**") == '<div class="text">a <code>b&lt;c</code> <b>d</b></div>'
    assert "no text" in page.body("")


def test_every_word_of_a_chat_is_on_the_page() -> None:
    reader = read_page(exchange("prompt & <words>", "the reply"), exchange("second", "another", reason="why so"))
    for words in ("prompt & <words>", "the reply", "second", "another", "why so", "/w", "code", "2 chats"):
        assert words in reader.text


@given(TEXTS)
def test_the_headings_of_a_document_are_ours_alone(text: str) -> None:
    written = "".join(markdown.document([exchange("prompt", text)], "now"))
    fence, headings = "", []
    for line in re.split(r"\n", written):
        found = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if fence:
            if found and line.strip() == found[1] and found[1][0] == fence[0] and len(found[1]) >= len(fence):
                fence = ""
        elif found:
            fence = found[1]
        elif line.startswith("#"):
            headings.append(line)
    assert fence == "", "what a chat left open is closed"
    assert [heading.split(" ")[0] for heading in headings] == ["#", "##", "###", "###"]


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("# mine", "\\# mine"),
        ("```\n# code", "```\n# code\n```"),
        ("```\ncode\n```", "```\ncode\n```"),
        ("~~~~\n~~~\n", "~~~~\n~~~\n\n~~~~"),
        ("", "_no text_"),
    ],
)
def test_what_is_open_is_closed(text: str, closed: str) -> None:
    assert markdown.closed(text) == closed


def test_a_title_is_no_markup() -> None:
    assert markdown.plain("a *b*\n<c> [d](e)") == r"a \*b\* \<c\> \[d\](e)"
