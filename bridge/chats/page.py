"""Chats as one HTML page that needs nothing but itself: no script, no network, dark where its reader likes that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from bridge.chats.chat import Chat
from bridge.chats.markdown import SPEAKERS
from observers.base import Turn, TurnRole
from observers.history import timestamp

_FENCED = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n`]*)\n(.*?)(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")

STYLE = """
:root { color-scheme: light dark; --ink: #1c1f23; --paper: #f6f7f9; --card: #fff; --line: #dde1e6; --soft: #626b76;
  --user: #e7f0fd; --code: #f1f3f5; --good: #1a7f37; --bad: #c62a2f; --wait: #9a6700; --busy: #0a62c4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --paper: #14171a; --card: #1c2024; --line: #31373d;
  --soft: #98a2ad; --user: #1b2b42; --code: #262b30; --good: #56d364; --bad: #ff7b72; --wait: #e3b341;
  --busy: #79b8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 0; overflow-wrap: anywhere; }
header p, footer { color: var(--soft); margin: .25rem 0 1.5rem; }
details.chat { background: var(--card); border: 1px solid var(--line); border-radius: 12px; margin: 0 0 1rem; }
details.chat > summary { cursor: pointer; padding: .9rem 1.1rem .9rem 2.4rem; position: relative; list-style: none; }
details.chat > summary::-webkit-details-marker { display: none; }
details.chat > summary::before { content: "\\25b8"; position: absolute; left: 1.1rem; color: var(--soft); }
details.chat[open] > summary::before { content: "\\25be"; }
summary h2 { display: inline; }
.about { color: var(--soft); font-size: .85rem; display: flex; flex-wrap: wrap; gap: .15rem 1rem; margin-top: .2rem; }
.about span { overflow-wrap: anywhere; }
.turns { padding: 0 1.1rem 1.1rem; }
.turn { border-radius: 10px; padding: .7rem .9rem; margin-top: .7rem; border: 1px solid var(--line); }
.turn.user { background: var(--user); margin-left: 8%; border-color: transparent; }
.turn.assistant { margin-right: 4%; } .turn.system { opacity: .75; font-size: .9rem; }
.who { display: flex; gap: .6rem; align-items: baseline; font-size: .82rem; color: var(--soft); margin-bottom: .3rem; }
.who b { color: var(--ink); } .who time { margin-left: auto; white-space: nowrap; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
pre { background: var(--code); border-radius: 8px; padding: .7rem .8rem; margin: .5rem 0; overflow-x: auto;
  white-space: pre; }
pre, code { font: .86rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { background: var(--code); border-radius: 4px; padding: .05em .3em; } pre code { padding: 0; background: none; }
.state { font-weight: 600; } .done { color: var(--good); } .error, .rate_limited { color: var(--bad); }
.needs_input, .interrupted { color: var(--wait); } .working, .queued { color: var(--busy); }
@media print { details.chat { break-inside: auto; border: 0; } body { max-width: none; } }
"""

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>Chats</title>
<style>{style}</style>
</head>
<body>
<header><h1>Chats</h1><p>Exported {exported} by Koru{note}</p></header>
"""


def document(chats: Iterable[tuple[Chat, Sequence[Turn]]], exported: str, *, redacted: bool) -> Iterator[str]:
    """The page in parts, one chat at a time; the first is open."""
    yield HEAD.format(style=STYLE, exported=escape(exported), note=", secrets redacted" if redacted else "")
    number = 0
    for number, (chat, rows) in enumerate(chats, start=1):
        yield f'<details class="chat"{" open" if number == 1 else ""}><summary>{_about(chat)}</summary>'
        yield '<div class="turns">\n'
        yield from (_turn(row) for row in rows)
        yield "</div></details>\n"
    yield f"<footer>{number:,} chat{'' if number == 1 else 's'}</footer>\n</body>\n</html>\n"


def body(text: str) -> str:
    """Text as HTML: fenced code as blocks, code in a line and bold type marked, everything else as it stands."""
    parts, at = [], 0
    for fence in _FENCED.finditer(text):
        parts += [_prose(text[at : fence.start()]), f"<pre><code>{escape(fence[3].rstrip())}</code></pre>"]
        at = fence.end()
    parts.append(_prose(text[at:]))
    return "".join(parts) or '<div class="text"><i>no text</i></div>'


def _prose(text: str) -> str:
    text = text.strip("\n")
    if not text.strip():
        return ""
    marked = _BOLD.sub(r"<b>\1</b>", _CODE.sub(r"<code>\1</code>", escape(text)))
    return f'<div class="text">{marked}</div>'


def _about(chat: Chat) -> str:
    state = chat.problem or chat.state.value
    fields = [chat.product or chat.observer, chat.workspace, chat.session, _moment(chat.modified_ms), chat.reason]
    spans = "".join(f"<span>{escape(field)}</span>" for field in fields if field)
    title = escape(chat.title or chat.session or chat.store)
    return f'<h2>{title}</h2><div class="about"><span class="state {_name(state)}">{escape(state)}</span>{spans}</div>'


def _turn(row: Turn) -> str:
    state = (
        "" if row.role is TurnRole.USER else f'<span class="{_name(row.state.value)}">{escape(row.state.value)}</span>'
    )
    reason = f"<span>{escape(row.reason)}</span>" if row.reason and row.role is not TurnRole.USER else ""
    moment = None if row.written_ms is None else timestamp(row.written_ms)
    time = f'<time datetime="{moment}">{_moment(row.written_ms or 0)}</time>' if moment else ""
    who = f'<div class="who"><b>{SPEAKERS[row.role]}</b>{state}{reason}{time}</div>'
    return f'<article class="turn {row.role.value}">{who}{body(row.text)}</article>\n'


def _moment(milliseconds: int) -> str | None:
    """A time as people read it, to the second."""
    moment = timestamp(milliseconds)
    return None if moment is None else f"{moment[:19].replace('T', ' ')} UTC"


def _name(word: str) -> str:
    """A word as the name of a class."""
    return re.sub(r"[^a-z_]", "", word)
