"""Hooks of a real daemon: signed, with an id, tried again, and harmless when they fail."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml
from anyio import to_thread

from bridge.daemon.operator import hooks
from bridge.daemon.operator.hooks import signature
from bridge.protocol.messages.events import Event
from tests.daemon import eventually
from tests.fakeide.goals import Shop, turn

SECRET = "a secret of the receiver"  # noqa: S105


class Receiver(ThreadingHTTPServer):
    """Fails the first `failures` requests, and keeps the others."""

    daemon_threads = True

    def __init__(self, failures: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.failures = failures
        self.tried: list[str] = []
        self.taken: list[tuple[dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.tried.append(self.headers["X-Koru-Event-Id"])
        failing = len(self.server.tried) <= self.server.failures
        if not failing:
            self.server.taken.append((dict(self.headers.items()), body))
        self.send_response(503 if failing else 204)
        self.end_headers()


@pytest.fixture
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    server = Receiver(failures=getattr(request, "param", 2))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


def configure(home: Path, text: str) -> None:
    (home / "config" / "koru").mkdir(parents=True)
    (home / "config" / "koru" / "hooks.yaml").write_text(text, encoding="utf-8")


def test_what_happens_is_told_signed_and_told_again(
    daemon: Any, fake_ide: Callable[..., Any], tmp_path: Path, receiver: Receiver
) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="utf-8")
    log = tmp_path / "told.jsonl"
    append = f"import sys; open({str(log)!r}, 'a').write(sys.stdin.read() + '\\n')"
    url = f"http://127.0.0.1:{receiver.server_port}/hook"
    wanted = [
        {"events": ["goal_decided"], "url": url, "secret_file": str(tmp_path / "secret")},
        {"events": ["settled", "goal_asked"], "run": [sys.executable, "-c", append]},
        {"events": ["*"], "run": ["koru-no-such-hook"]},
    ]
    configure(tmp_path, yaml.safe_dump({"hooks": wanted}))
    daemon.start()
    shop = Shop(daemon, tmp_path / "shop", fake_ide)
    shop.open(turn(0))
    shop.pursue()
    assert shop.end()["state"] == "accepted", "a hook that fails holds up nobody"
    eventually(lambda: len(receiver.taken) == 2, "both decisions are told", 60)
    told = [json.loads(body) for _, body in receiver.taken]
    assert sorted(event["goal"]["decision"] for event in told) == ["accept", "continue"]
    for headers, body in receiver.taken:
        assert headers["X-Koru-Signature"] == signature(SECRET.encode(), body)
        assert headers["X-Koru-Event-Id"] == json.loads(body)["id"]
    assert len(receiver.tried) == 4
    assert len(set(receiver.tried)) == 2, "a second try has the same id"
    eventually(lambda: log.exists() and "\n" in log.read_text(encoding="utf-8"), "the command was told", 60)
    assert json.loads(log.read_text(encoding="utf-8").split("\n")[0])["drive"]["outcome"] == "confirmed"


def test_a_question_calls_for_a_person_by_webhook(
    daemon: Any, fake_ide: Callable[..., Any], tmp_path: Path, receiver: Receiver
) -> None:
    (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
    url = f"http://127.0.0.1:{receiver.server_port}/"
    hook = {"events": ["goal_asked"], "url": url, "secret_file": str(tmp_path / "secret")}
    configure(tmp_path, yaml.safe_dump({"hooks": [hook]}))
    daemon.start()
    shop = Shop(daemon, tmp_path / "shop", fake_ide)
    shop.open(turn(2, "Which one?"))
    shop.pursue()
    eventually(lambda: len(receiver.taken) == 1, "the question is told", 60)
    told = json.loads(receiver.taken[0][1])
    assert (told["kind"], told["goal"]["goal_id"]) == ("goal_asked", "g")
    assert told["goal"]["question"]["text"] == "Which one?"


@pytest.mark.parametrize("receiver", [4], indirect=True)
def test_after_three_tries_more_it_is_given_up_and_the_next_is_told(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "PAUSE_S", 0.01)
    (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
    hook = {
        "events": ["goal"],
        "url": f"http://127.0.0.1:{receiver.server_port}/",
        "secret_file": str(tmp_path / "secret"),
    }
    (tmp_path / "hooks.yaml").write_text(yaml.safe_dump({"hooks": [hook]}), encoding="utf-8")

    async def scenario() -> None:
        found = await to_thread.run_sync(hooks.hooks_of, tmp_path)
        async with anyio.create_task_group() as tasks:
            told = hooks.Hooks(found, (), tasks)
            for seq in (1, 2):
                told.tell(Event(seq=seq, kind="goal", at_ms=seq))
            told.tell(Event(seq=0, kind="goal", at_ms=3))
            await to_thread.run_sync(eventually, lambda: bool(receiver.taken), "the next one is told", 60.0)
            tasks.cancel_scope.cancel()

    anyio.run(scenario)
    first, *_, last = receiver.tried
    assert receiver.tried == [first] * 4 + [last]
    assert [json.loads(body)["seq"] for _, body in receiver.taken] == [2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hooks:\n  - events: [turn]\n", "hooks.yaml:2: hooks.0"),
        ("hooks:\n  - events: [turn]\n    url: http://x/\n", "a webhook is signed"),
        ("hooks:\n  - events: [turn]\n    url: ftp://x/\n    secret_file: /s\n", "hooks.yaml:3: hooks.0.url"),
        ("hook: []\n", "hooks.yaml:1: hook"),
    ],
)
def test_a_bad_file_is_told_where_it_is_bad(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "hooks.yaml").write_text(text, encoding="utf-8")
    found, problems = hooks.load(tmp_path)
    assert found == []
    assert words in " ".join(map(str, problems))


def test_a_bad_file_costs_itself_alone(daemon: Any, tmp_path: Path) -> None:
    configure(tmp_path, "hook: []\n")
    daemon.start()
    logged = (tmp_path / "state" / "koru" / "log" / "daemon.log").read_text(encoding="utf-8")
    assert "no hook is told anything" in logged
    assert "hooks.yaml:1: hook" in logged
