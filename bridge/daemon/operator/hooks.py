"""Tells programs and web addresses what happens: the operator's `hooks.yaml`, each event with an id, three tries more.

A hook is told; what it answers decides nothing, and one that hangs or fails holds up nothing else.
"""

import hmac
import json
import logging
import subprocess
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bridge.clock import growing_pauses
from bridge.daemon.socket.subscriptions import EventSource
from bridge.protocol.messages.events import Event
from registry.document import Document, Problem, read

FILE_NAME = "hooks.yaml"
WAITING_MOST = 500
TIMEOUT_S = 10.0
RETRIES = 3
PAUSE_S = 1.0
SECRET_MAX_BYTES = 10_000
SIGNATURE = "X-Koru-Signature"
EVENT_ID = "X-Koru-Event-Id"

log = logging.getLogger("koru.hooks")


class Hook(BaseModel):
    """`events`: kinds of rows, `*` allowed. A `url` gets a POST, a `run` the same JSON on stdin."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    events: Annotated[list[str], Field(min_length=1, max_length=50)]
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None
    secret_file: Annotated[str, Field(pattern=r"^/")] | None = None
    run: Annotated[list[str], Field(min_length=1, max_length=50)] | None = None

    @model_validator(mode="after")
    def _one_target(self) -> "Hook":
        if (self.url is None) == (self.run is None):
            raise ValueError("url: give either a url or a command to run")
        if self.url is not None and self.secret_file is None:
            raise ValueError("secret_file: a webhook is signed; name a file that holds its secret")
        return self

    def wants(self, kind: str) -> bool:
        return any(fnmatchcase(kind, pattern) for pattern in self.events)


class HooksFile(BaseModel):
    """The file `hooks.yaml` of the configuration directory."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    hooks: Annotated[list[Hook], Field(max_length=50)] = []


@dataclass(frozen=True, slots=True)
class _Delivery:
    hook: Hook
    event_id: str
    kind: str
    body: bytes


def load(directory: Path) -> tuple[list[Hook], list[Problem]]:
    """The hooks, or what is wrong with the file; then there are none. Blocking."""
    path = directory / FILE_NAME
    if not path.exists():
        return [], []
    document = read(path)
    if not isinstance(document, Document):
        return [], document
    found = document.check(HooksFile, document.data)
    return (found.hooks, []) if isinstance(found, HooksFile) else ([], found)


def hooks_of(directory: Path) -> list[Hook]:
    """The hooks to tell. What is wrong with the file is logged. Blocking."""
    hooks, problems = load(directory)
    for problem in problems:
        log.error("no hook is told anything: %s", problem)
    return hooks


class Hooks:
    """Each hook has a bounded queue of its own, so that it is told in order, and one that fails holds up no other.

    Where a queue is full the newest is dropped, and that is logged.
    """

    def __init__(self, hooks: Sequence[Hook], sources: Sequence[EventSource], tasks: TaskGroup) -> None:
        self._queues: list[tuple[Hook, MemoryObjectSendStream[_Delivery]]] = []
        limiter = CapacityLimiter(max(1, len(hooks)))
        for hook in hooks:
            send, take = anyio.create_memory_object_stream[_Delivery](WAITING_MOST)
            self._queues.append((hook, send))
            tasks.start_soon(self._work, send, take, limiter)
        if hooks:
            for subscribe in sources:
                subscribe(self.tell)

    def tell(self, event: Event) -> None:
        """Queue an event for the hooks that want it. Only rows: what is no row may come again and again."""
        wanting = [(hook, queue) for hook, queue in self._queues if event.seq and hook.wants(event.kind)]
        if not wanting or (event.kind.startswith("goal_") and event.goal is None):
            return
        event_id = str(uuid4())
        told: dict[str, Any] = {"id": event_id, **event.model_dump(mode="json", exclude_none=True)}
        body = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
        for hook, queue in wanting:
            try:
                queue.send_nowait(_Delivery(hook, event_id, event.kind, body))
            except anyio.WouldBlock:
                log.warning("%d deliveries wait; %s is not told", WAITING_MOST, event.kind)
            except (anyio.ClosedResourceError, anyio.BrokenResourceError):
                return  # the daemon ends

    async def _work(
        self,
        send: MemoryObjectSendStream[_Delivery],
        take: MemoryObjectReceiveStream[_Delivery],
        limiter: CapacityLimiter,
    ) -> None:
        with send, take:
            async for delivery in take:
                await _deliver(delivery, limiter)


async def _deliver(delivery: _Delivery, limiter: CapacityLimiter) -> None:
    pauses = growing_pauses(PAUSE_S)
    for attempt in range(RETRIES + 1):
        act = _run if delivery.hook.run else _post
        problem = await to_thread.run_sync(partial(act, delivery), limiter=limiter, abandon_on_cancel=True)
        if problem is None:
            return
        log.warning("the hook for %s failed, try %d: %s", delivery.kind, attempt + 1, problem)
        if attempt < RETRIES:
            await anyio.sleep(next(pauses))


def signature(secret: bytes, body: bytes) -> str:
    """`sha256=` and the HMAC of the body, in hex."""
    return f"sha256={hmac.new(secret, body, sha256).hexdigest()}"


def _post(delivery: _Delivery) -> str | None:
    """What went wrong, None when it was taken."""
    try:
        with Path(delivery.hook.secret_file or "").open("rb") as file:
            secret = file.read(SECRET_MAX_BYTES).strip()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "koru",
            EVENT_ID: delivery.event_id,
            SIGNATURE: signature(secret, delivery.body),
        }
        request = urllib.request.Request(delivery.hook.url or "", delivery.body, headers, method="POST")  # noqa: S310
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http(s) alone, by the model
            return None if 200 <= answer.status < 300 else f"status {answer.status}"
    except urllib.error.HTTPError as error:
        error.close()
        return f"status {error.code}"
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def _run(delivery: _Delivery) -> str | None:
    try:
        done = subprocess.run(
            delivery.hook.run or [],
            input=delivery.body,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__}"
    return None if done.returncode == 0 else f"exit {done.returncode}"
