"""A product of random moods writes chat logs; the observer must know at every moment exactly what was written."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from observers import activity, vscode_chat, vscode_log
from observers.base import Cursor, ObserverError, ObserverReason, TurnRole
from tests.sampling import SEED, count

Request = dict[str, Any]
TEXT = st.text(max_size=40) | st.sampled_from(["a\nb", "\u2028\u0085", "🙂" * 3, '"requestId":"request_1"', "\\"])
STATES = {0: "working", 1: "done", 2: "interrupted", 3: "error", 4: "needs_input"}


class Product:
    """What the window of one chat holds, and how it puts the difference to what it saved into the log."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.requests: list[Request] = []
        self.pending: list[Request] = []
        self.draft = ""
        self.saved: dict[str, Any] | None = None

    def value(self) -> dict[str, Any]:
        return deepcopy(
            {
                "version": 3,
                "sessionId": self.path.stem,
                "requests": self.requests,
                "pendingRequests": [{"id": one["requestId"], "kind": "queued", "request": one} for one in self.pending],
                "inputState": {"inputText": self.draft},
            }
        )

    def save(self, *, compact: bool) -> bytes:
        """The bytes to append, or the whole new file when compacting."""
        now = self.value()
        entries = [{"kind": 0, "v": now}] if self.saved is None or compact else list(difference(self.saved, now))
        self.saved = now
        return b"".join(json.dumps(entry).encode("utf-8") + b"\n" for entry in entries)


def difference(old: dict[str, Any], new: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from array_difference(["requests"], old["requests"], new["requests"], "requestId")
    yield from array_difference(["pendingRequests"], old["pendingRequests"], new["pendingRequests"], "id")
    if old["inputState"] != new["inputState"]:
        yield {"kind": 1, "k": ["inputState", "inputText"], "v": new["inputState"]["inputText"]}


def array_difference(path: list[str | int], old: list[Any], new: list[Any], key: str) -> Iterator[dict[str, Any]]:
    for index, (before, after) in enumerate(zip(old, new, strict=False)):
        if before[key] != after[key]:
            yield {"kind": 2, "k": path, "i": index, "v": new[index:]}
            return
        for name in [*after, *(name for name in before if name not in after)]:
            if name not in after:
                yield {"kind": 3, "k": [*path, index, name]}
            elif name == "response":
                yield from parts_difference([*path, index, name], before.get(name, []), after[name])
            elif before.get(name) != after[name]:
                yield {"kind": 1, "k": [*path, index, name], "v": after[name]}
    if len(new) > len(old):
        yield {"kind": 2, "k": path, "v": new[len(old) :]}
    elif len(new) < len(old):
        yield {"kind": 2, "k": path, "i": len(new)}


def parts_difference(path: list[str | int], old: list[Any], new: list[Any]) -> Iterator[dict[str, Any]]:
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    if same < len(old):
        yield {"kind": 2, "k": path, "i": same, "v": new[same:]}
    elif same < len(new):
        yield {"kind": 2, "k": path, "v": new[same:]}


def truth(value: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """(turn, role, text, state) of what was saved, written down without the reader's code."""
    found = []
    for request in value["requests"]:
        state = STATES[request["modelState"]["value"]]
        reply = "".join(part["value"] for part in request["response"] if "kind" not in part)
        found.append((request["requestId"], "user", request["message"]["text"], state))
        found.append((request["requestId"], "assistant", reply, state))
    started = {request["requestId"] for request in value["requests"]}
    waiting = [pending for pending in value["pendingRequests"] if pending["id"] not in started]
    return found + [(one["id"], "user", one["request"]["message"]["text"], "queued") for one in waiting]


@seed(SEED)
class Chat(RuleBasedStateMachine):
    """Rules are what people and products do; the invariant is that the observer told nothing untrue."""

    def __init__(self) -> None:
        super().__init__()
        # The only writer is this thread: there is nothing to wait for.
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(activity, "SETTLE_DELAYS", ())
        self.root = Path(tempfile.mkdtemp())
        self.folder = self.root / "User" / "workspaceStorage" / "w" / "chatSessions"
        self.folder.mkdir(parents=True)
        self.store = vscode_chat.at(self.folder)
        self.product = Product(self.folder / "chat.jsonl")
        self.count = 0
        self.clock = time.time() - 500
        self.told: set[str] = set()
        self.copied: set[str] = set()
        self.anchors: list[tuple[Cursor, set[str]]] = []
        self.cursor = vscode_chat.cursor(self.store)

    def teardown(self) -> None:
        self.patch.undo()
        shutil.rmtree(self.root)

    @initialize()
    def begin(self) -> None:
        self.write(self.product.save(compact=False), append=False)

    # --- what happens in the window ---

    @rule(text=TEXT)
    def prompt(self, text: str) -> None:
        self.product.requests.append(self.request(text))

    @rule(text=TEXT)
    def queue(self, text: str) -> None:
        self.product.pending.append(self.request(text))

    @precondition(lambda self: self.product.pending)
    @rule()
    def start_queued(self) -> None:
        self.product.requests.append(self.product.pending.pop(0))

    @precondition(lambda self: self.product.requests)
    @rule(text=TEXT, tool=st.booleans())
    def stream(self, text: str, tool: bool) -> None:
        response = self.product.requests[-1]["response"]
        if response and "value" in response[-1] and not tool:
            response[-1]["value"] += text
        else:
            response.append({"kind": "toolInvocationSerialized", "toolId": "t"} if tool else {"value": text})

    @precondition(lambda self: self.product.requests)
    @rule(value=st.sampled_from([0, 1, 2, 3, 4]))
    def become(self, value: int) -> None:
        newest = self.product.requests[-1]
        newest["modelState"] = {"value": value}
        newest["result"] = {"metadata": {"big": "x" * 50, "requestId": "request_0"}}

    @precondition(lambda self: self.product.requests)
    @rule(data=st.data(), text=TEXT)
    def edit(self, data: st.DataObject, text: str) -> None:
        """Another prompt in the place of an earlier one; what followed is gone."""
        index = data.draw(st.integers(0, len(self.product.requests) - 1))
        self.product.requests[index:] = [self.request(text)]

    @rule(text=TEXT)
    def draft(self, text: str) -> None:
        self.product.draft = text

    # --- what happens to the file ---

    @rule()
    def flush(self) -> None:
        self.write(self.product.save(compact=False), append=True)

    @rule()
    def compact(self) -> None:
        self.write(self.product.save(compact=True), append=False)

    @rule(share=st.floats(0, 1))
    def flush_in_two(self, share: float) -> None:
        """A reader between the halves sees a part of the truth, or that the file is being written."""
        data = self.product.save(compact=False)
        cut = int(len(data) * share)
        with self.product.path.open("ab") as file:
            file.write(data[:cut])
            file.flush()
            before = {turn for turn, *_ in self.rows()}
            assert before <= self.told | {turn for turn, *_ in truth(self.product.saved or {})}
            file.write(data[cut:])

    @rule(share=st.floats(0, 0.99))
    def compact_in_two(self, share: float) -> None:
        data = self.product.save(compact=True)
        with self.product.path.open("wb") as file:
            file.write(data[: int(len(data) * share)])
            file.flush()
            assert self.torn()
            assert not self.poll_torn()
            blind = vscode_chat.cursor(self.store)
            file.write(data[int(len(data) * share) :])
        # That anchor could not see what the log held, so it may not call any of it new.
        seen = vscode_chat.since(self.store, blind)
        assert not [row for row in seen.new if row.session != "copy"]
        if len(self.anchors) < 4:
            self.anchors.append((seen.cursor, self.present() | self.told | self.everything_written()))

    @rule()
    def rest(self) -> None:
        """Time passes: the file is no longer fresh, so its stamp may be believed."""
        self.clock += 0.5
        os.utime(self.product.path, (self.clock, self.clock))

    @rule()
    def restart_reader(self) -> None:
        """Nothing the reader remembers in memory may matter for what it says."""
        vscode_log.LOGS.forget()
        vscode_chat._ACTIVITY.forget()
        self.cursor = Cursor.load(self.cursor.dump())

    @rule()
    def anchor(self) -> None:
        if len(self.anchors) < 4:
            known = {turn for turn, *_ in self.rows()}
            self.anchors.append((vscode_chat.cursor(self.store), known | self.told | self.everything_written()))

    @rule()
    def copy(self) -> None:
        shutil.copy2(self.product.path, self.folder / "copy.jsonl")
        self.copied = {turn for turn, *_ in truth(self.product.saved or self.product.value())}

    # --- what must hold ---

    @invariant()
    def the_observer_knows_exactly_what_was_written(self) -> None:
        if self.product.saved is None:
            return
        assert self.rows() == truth(self.product.saved)
        delta = vscode_chat.since(self.store, self.cursor)
        self.cursor = delta.cursor
        new = {row.turn for row in delta.new}
        assert not new & self.told, "told twice as new"
        assert new == self.present() - self.told
        self.told |= new
        assert {row.role for row in delta.prompts} <= {TurnRole.USER}

    @invariant()
    def an_old_anchor_still_tells_what_came_after_it(self) -> None:
        if self.product.saved is None:
            return
        for cursor, known in self.anchors:
            assert {row.turn for row in vscode_chat.since(self.store, cursor).new} == self.present() - known

    # --- plumbing ---

    def request(self, text: str) -> Request:
        self.count += 1
        return {
            "requestId": f"request_{self.count}",
            "timestamp": time.time_ns() // 1_000_000,
            "message": {"text": text, "parts": []},
            "response": [],
            "responseId": f"response_{self.count}",
            "modelState": {"value": 0},
            "variableData": {"variables": []},
        }

    def write(self, data: bytes, *, append: bool) -> None:
        with self.product.path.open("ab" if append else "wb") as file:
            file.write(data)

    def present(self) -> set[str]:
        """The turns the store holds now, those of the copy included."""
        return self.copied | {turn for turn, *_ in truth(self.product.saved or self.product.value())}

    def rows(self) -> list[tuple[str, str, str, str]]:
        try:
            turns = vscode_chat.turns(self.store, "chat")
        except ObserverError as error:
            assert error.reason is ObserverReason.CHANGING
            return []
        return [(turn.turn, turn.role.value, turn.text, turn.state.value) for turn in turns]

    def torn(self) -> bool:
        try:
            vscode_chat.turns(self.store, "chat")
        except ObserverError as error:
            return error.reason is ObserverReason.CHANGING
        return False

    def poll_torn(self) -> tuple[object, ...]:
        """A half-written first line: nothing is new, and nothing is lost from the cursor."""
        delta = vscode_chat.since(self.store, self.cursor)
        self.cursor = delta.cursor
        new = tuple(row for row in delta.new if row.session != "copy")
        self.told |= {row.turn for row in delta.new}
        return new

    def everything_written(self) -> set[str]:
        """An anchor knows every id in the bytes, those of removed prompts included."""
        text = b"".join(path.read_bytes() for path in self.folder.iterdir())
        return {f"request_{number}" for number in range(self.count + 1) if f'"request_{number}"'.encode() in text}


@pytest.mark.sampled
def test_the_observer_is_right_whatever_the_product_does() -> None:
    run_state_machine_as_test(
        Chat,
        settings=settings(
            max_examples=count(15, 500),
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
