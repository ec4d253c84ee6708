"""Writes a chat log as VS Code does, as fast as it can: python chat_writer.py FILE TURNS COMPACT_EVERY."""

import json
import sys
import time
from pathlib import Path
from typing import Any


def main(path: Path, turns: int, compact_every: int) -> None:
    requests: list[dict[str, Any]] = []
    for number in range(turns):
        request: dict[str, Any] = {
            "requestId": f"request_{number}",
            "timestamp": time.time_ns() // 1_000_000,
            "message": {"text": f"prompt {number} " + "x" * (number % 500), "parts": []},
            "response": [],
            "responseId": f"response_{number}",
            "modelState": {"value": 0},
        }
        requests.append(request)
        if number % compact_every == 0:
            state = {"version": 3, "sessionId": path.stem, "requests": requests, "pendingRequests": []}
            put(path, [{"kind": 0, "v": state}], "wb")
        else:
            put(path, [{"kind": 2, "k": ["requests"], "v": [request]}], "ab")
        reply = [{"value": f"reply {number} "}, {"value": "y" * (number % 900)}]
        at = ["requests", len(requests) - 1]
        put(path, [{"kind": 2, "k": [*at, "response"], "v": reply[:1]}], "ab")
        put(
            path,
            [
                {"kind": 2, "k": [*at, "response"], "v": reply, "i": 0},
                {"kind": 1, "k": [*at, "modelState"], "v": {"value": 1, "completedAt": 1}},
            ],
            "ab",
        )
        request.update({"response": reply, "modelState": {"value": 1, "completedAt": 1}})


def put(path: Path, entries: list[dict[str, Any]], mode: str) -> None:
    with path.open(mode) as file:
        file.write(b"".join(json.dumps(entry).encode("utf-8") + b"\n" for entry in entries))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
