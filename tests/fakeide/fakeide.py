"""A plugin in a process of its own that does what its script says: lie, delay, repeat, answer late, or die mid-frame.

Standard library only, and no code shared with the daemon, so that it cannot make the same mistake. What it really
sent to the "chat" it writes as a VS Code chat session, which is the truth that the observer and the test read.
"""

import argparse
import hashlib
import itertools
import json
import os
import select
import signal
import socket
import sys
import time
import unicodedata
import uuid
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Chat:
    """The store: one session file, a line a change, as VS Code writes it."""

    def __init__(self, storage: Path) -> None:
        self._folder = storage / "chatSessions"
        self._folder.mkdir(parents=True, exist_ok=True)
        self.session = str(uuid.uuid4())
        self._file = self._folder / f"{self.session}.jsonl"
        state = {"version": 3, "creationDate": _ms(), "initialLocation": "panel", "sessionId": self.session}
        self._write({"kind": 0, "v": {**state, "requests": [], "pendingRequests": []}})
        self._count = 0

    def turn(self, text: str, state: int = 1, reply: str = "ok", error: str | None = None) -> None:
        request: Json = {
            "requestId": f"request_{uuid.uuid4()}",
            "timestamp": _ms(),
            "message": {"text": text, "parts": []},
            "response": [{"value": reply}] if reply else [],
            "responseId": f"response_{uuid.uuid4()}",
            "modelState": {"value": state, "completedAt": _ms()} if state else {"value": 0},
        }
        if error is not None:
            request["result"] = {"errorDetails": {"message": error}}
        self._write({"kind": 2, "k": ["requests"], "v": [request]})
        self._count += 1

    def end(self, state: int) -> None:
        """The last turn ends otherwise than it stood there."""
        ended = {"value": state, "completedAt": _ms()}
        self._write({"kind": 1, "k": ["requests", self._count - 1, "modelState"], "v": ended})

    def _write(self, entry: Json) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


class FakeIde:
    def __init__(self, script: Json, path: str, storage: Path, workspace: str) -> None:
        self.script = script
        self.path = path
        self.storage = storage
        self.workspace = workspace
        self.chat = Chat(storage)
        self.ids = itertools.count(1)
        self.last_line = b""
        self.epoch = 0
        self.crowded = False
        self.journal: dict[str, Json] = {}

    def run(self) -> None:
        """Serve one connection after another, for as long as the daemon can be reached."""
        while True:
            self.socket = self._connect()
            try:
                self._initialize()
                for line in self._lines():
                    self._take(json.loads(line))
            except ConnectionError:
                pass
            finally:
                self.socket.close()

    def _connect(self) -> socket.socket:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            attempt = socket.socket(socket.AF_UNIX)
            try:
                attempt.connect(self.path)
            except OSError:
                attempt.close()
                time.sleep(0.02)
            else:
                return attempt
        sys.exit("the daemon cannot be reached")

    def _initialize(self) -> None:
        surface = {
            "surface_id": "chat",
            "agent": "chat",
            "title": "Chat",
            "workspace_folders": [self.workspace],
            "interfaces": self.script.get("interfaces", ["vscode_native_send"]),
        }
        if self.script.get("store", True):
            surface["store"] = {"store": "vscode_chat", "path": str(self.storage)}
        plugin = {
            "ide": {"product": "code-server", "version": "1", "app_name": "Fake IDE", "app_host": "fake"},
            "pid": os.getpid(),
            "host_started_at_ms": _ms(),
            "window_id": self.script.get("window_id", "fake-window"),
            "capabilities": [],
            "surfaces": [surface],
        }
        hello = {
            "role": "plugin",
            "name": "fakeide",
            "version": "0",
            "protocol": {"min": 1, "max": 1},
            "plugin": plugin,
        }
        self._send({"jsonrpc": "2.0", "id": next(self.ids), "method": "initialize", "params": hello})

    def _lines(self) -> Any:
        buffered = b""
        while data := self.socket.recv(65536):
            buffered += data
            *lines, buffered = buffered.split(b"\n")
            yield from lines

    def _take(self, message: Json) -> None:
        if "result" in message and "epoch" in message["result"]:
            self.epoch = message["result"]["epoch"]
            print("ready", flush=True)
            return
        if "method" not in message or "id" not in message:
            return
        method, params = message["method"], message.get("params", {})
        crowded, self.crowded = self.crowded, False
        if method == "chat/deliver" and crowded:
            self._do_answer({"disposition": "declined", "blocker": "surface_busy"}, message["id"], params)
        elif method == "chat/deliver":
            self._deliver(message["id"], params)
        elif method == "drive/lookup":
            self._lookup(message["id"], params)
        elif method == "chat/cancel" and "cancel" in self.script:
            self.chat.end(self.script["cancel"])
            self._reply(message["id"], {"issued": True})
        elif method in ("chat/cancel", "chat/open", "window/reload"):
            self._reply(message["id"], {"issued": True})
        else:
            self._reply(message["id"], {})

    def _deliver(self, request_id: Any, params: Json) -> None:
        self.journal[params["drive_id"]] = {"state": "begun", "text_sha": params["text_sha"]}
        steps = self.script["deliver"]
        if isinstance(steps[0], list):  # one script for each delivery, the last one for all that follow
            steps = steps[min(len(self.journal), len(steps)) - 1]
        for step in steps:
            ((action, argument),) = step.items()
            getattr(self, f"_do_{action}")(argument, request_id, params)

    def _lookup(self, request_id: Any, params: Json) -> None:
        """As scripted; without a script truthfully, from a journal that lives as long as this process."""
        known = self.script.get("lookup") or self.journal.get(params["drive_id"], {"state": "absent"})
        fact = {"kind": "submitted", "grade": "host", "at_ms": _ms(), "text_sha": known.get("text_sha")}
        facts = [fact] if known["state"] == "submitted" and "text_sha" in known else []
        result = {"drive_id": params["drive_id"], "state": known["state"], "facts": facts}
        self._reply(request_id, {**result, "in_flight": known.get("in_flight", False)})

    # --- what a script can do ----------------------------------------------------------------------------------------

    def _do_turn(self, argument: Json, request_id: Any, params: Json) -> None:
        text = params["text"][: argument.get("cut")] + argument.get("add", "")
        for _ in range(argument.get("times", 1)):
            said = argument.get("reply", "ok"), argument.get("error")
            self.chat.turn(argument.get("text", text), argument.get("state", 1), *said)
        self.journal[params["drive_id"]]["state"] = "submitted"

    def _do_answer(self, argument: Json, request_id: Any, params: Json) -> None:
        # One window takes one delivery at a time: what came before this answer would have met it.
        self.crowded = bool(select.select([self.socket], [], [], 0)[0])
        self._reply(
            request_id,
            {
                "drive_id": argument.get("drive_id", params["drive_id"]),
                "epoch": params["epoch"] + argument.get("epoch", 0),
                "disposition": argument["disposition"],
                "facts": [self._fact(fact, params["text"], params["text_sha"]) for fact in argument.get("facts", [])],
                "trace": [],
                **({"blocker": argument["blocker"], "message": "as scripted"} if "blocker" in argument else {}),
            },
        )

    def _do_event(self, argument: Json, request_id: Any, params: Json) -> None:
        event = {
            "surface_id": "chat",
            "epoch": params["epoch"] + argument.get("epoch", 0),
            "fact": self._fact(argument["fact"], params["text"], params["text_sha"]),
            "drive_id": argument.get("drive_id", params["drive_id"]),
        }
        self._send({"jsonrpc": "2.0", "method": "chat/event", "params": event})

    def _do_again(self, argument: int, request_id: Any, params: Json) -> None:
        for _ in range(argument):
            self.socket.sendall(self.last_line)

    def _do_pause(self, argument: float, request_id: Any, params: Json) -> None:
        time.sleep(argument)

    def _do_until(self, argument: str, request_id: Any, params: Json) -> None:
        """Until the test makes that file, a path from the storage on; for ever is a failed test."""
        end = time.monotonic() + 120
        while not (self.storage / argument).exists() and time.monotonic() < end:
            time.sleep(0.01)

    def _do_write(self, argument: Json, request_id: Any, params: Json) -> None:
        """The agent's work: a file of the workspace."""
        (Path(self.workspace) / argument["path"]).write_text(argument["text"], encoding="utf-8")

    def _do_raw(self, argument: str, request_id: Any, params: Json) -> None:
        self.socket.sendall(argument.encode("utf-8"))

    def _do_disconnect(self, argument: Any, request_id: Any, params: Json) -> None:
        raise ConnectionError

    def _do_die(self, argument: str, request_id: Any, params: Json) -> None:
        if argument == "mid_frame":
            self.socket.sendall(b'{"jsonrpc":"2.0","id":')
        os.kill(os.getpid(), signal.SIGKILL)

    # --- the wire ----------------------------------------------------------------------------------------------------

    def _fact(self, script: Json, text: str, sha: str | None) -> Json:
        about = {"ours": sha, "cut": _sha(text[:5]), "none": None}[script.get("about", "ours")]
        fact = {"kind": script["kind"], "grade": script["grade"], "at_ms": _ms(), "chat_id": script.get("chat_id")}
        fact["detail"] = script.get("detail")
        return {key: value for key, value in {**fact, "text_sha": about}.items() if value is not None}

    def _reply(self, request_id: Any, result: Json) -> None:
        self._send({"jsonrpc": "2.0", "id": request_id, "result": result})

    def _send(self, message: Json) -> None:
        self.last_line = json.dumps(message, ensure_ascii=False).encode("utf-8") + b"\n"
        self.socket.sendall(self.last_line)


def _ms() -> int:
    return time.time_ns() // 1_000_000


def _sha(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(unicodedata.normalize("NFC", lines).strip(" \t\n\r\f\v").encode()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("script", type=Path)
    parser.add_argument("--socket", required=True)
    parser.add_argument("--storage", type=Path, required=True)
    parser.add_argument("--workspace", default="/nowhere")
    arguments = parser.parse_args()
    script = json.loads(arguments.script.read_text(encoding="utf-8"))
    FakeIde(script, arguments.socket, arguments.storage, arguments.workspace).run()


if __name__ == "__main__":
    main()
