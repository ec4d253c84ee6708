"""Reloads, killed hosts, a daemon that comes back, two windows: the same window, and a true journal."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.base import Empty
from bridge.protocol.messages.chat import ChatOpenParams, CommandResult
from bridge.protocol.messages.commands import CommandsListParams, CommandsListResult
from bridge.protocol.messages.initialize import PluginInfo
from tests.real.vscode.chat_store import stored_turns
from tests.real.vscode.deadline import until
from tests.real.vscode.plugin.daemon import Daemon, Session
from tests.real.vscode.server import Server
from tests.real.vscode.window import Window, glances

PRIVATE = "a prompt that no log may hold"


def prompts_on_disk(server: Server) -> list[str]:
    return [turn.prompt for turn in stored_turns(server.profile.chat_files())]


def users(window: Window) -> list[str]:
    return [row.text for row in window.chat.rows() if row.role == "user"]


def test_a_reload_answers_first_and_keeps_the_window(
    plugin: Session, chat: Window, house: Daemon, server: Server
) -> None:
    plugin.deliver("before the reload", drive_id="reloaded")
    # A turn that is not on disk yet does not survive a reload.
    with glances([chat]):
        until(lambda: "before the reload" in prompts_on_disk(server), "the turn was stored")
    with chat.new_host():
        assert plugin.ask("window/reload", Empty(), CommandResult).issued
    again = house.attached(chat.host_pid, after=plugin)
    assert again.info.pid != plugin.info.pid
    assert again.info.host_started_at_ms > plugin.info.host_started_at_ms
    assert again.info.window_id == plugin.info.window_id
    known = again.lookup("reloaded")
    assert (known.state, [fact.kind for fact in known.facts]) == ("submitted", ["submitted", "turn_ended"])
    chat.wait_for_model("demo")
    assert again.deliver("before the reload", drive_id="reloaded").disposition == "done"
    chat.chat.wait_for("user", "before the reload")
    assert users(chat) == ["before the reload"]


def test_a_host_killed_in_a_turn_is_not_asked_twice(plugin: Session, chat: Window, house: Daemon) -> None:
    prompt = "demo: slow 600"
    assert plugin.deliver(prompt, drive_id="killed", within_ms=300).disposition == "pending"
    chat.chat.wait_for("agent", "Waiting")
    chat.kill_host()
    again = house.attached(chat.host_pid, after=plugin)
    assert again.info.window_id == plugin.info.window_id
    known = again.lookup("killed")
    assert (known.state, known.in_flight, known.facts) == ("touched", False, [])
    answer = again.deliver(prompt, drive_id="killed")
    assert (answer.disposition, answer.facts) == ("lost", [])
    assert users(chat) == [prompt]


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """The pages of the server's windows stand still: what a crashed or disconnected window is to its host."""
    home = f"HOME={server.profile.home}\0".encode()
    processes = {int(path.name): path for path in Path("/proc").glob("[0-9]*")}
    ours = {pid for pid, path in processes.items() if home in read(path / "environ") + b"\0"}
    pages = [
        pid
        for pid, path in processes.items()
        if b"--type=renderer" in read(path / "cmdline") and ours & set(ancestors(pid))
    ]
    assert pages
    try:
        for page in pages:
            os.kill(page, signal.SIGSTOP)
        yield
    finally:
        for page in pages:
            os.kill(page, signal.SIGCONT)


def ancestors(pid: int) -> Iterator[int]:
    while pid > 1:
        yield pid
        # After the name, which may hold anything: state, parent ...
        fields = read(Path("/proc", str(pid), "stat")).rpartition(b")")[2].split()
        pid = int(fields[1]) if fields else 0


def read(path: Path) -> bytes:
    """Empty for a process that has ended."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_window_that_is_away_is_asked_nothing(plugin: Session, chat: Window, server: Server) -> None:
    with frozen(server):
        with pytest.raises(BridgeError) as caught:
            plugin.ask("ping", Empty(), Empty)
        answer = plugin.deliver("not for later", drive_id="away")
        known = plugin.lookup("away")
    assert caught.value.reason is Reason.TIMEOUT
    assert (answer.disposition, answer.blocker, answer.facts) == ("declined", "window_unresponsive", [])
    assert known.state == "absent"
    assert plugin.deliver("it is back").disposition == "done"
    assert users(chat) == ["it is back"]


def test_a_drive_that_was_never_begun_never_will_be(plugin: Session, chat: Window) -> None:
    known = plugin.lookup("never")
    assert (known.state, known.in_flight, known.facts) == ("absent", False, [])
    answer = plugin.deliver("too late", drive_id="never")
    assert (answer.disposition, answer.blocker) == ("declined", "drive_closed")
    assert users(chat) == []


def test_a_daemon_that_comes_back_hears_how_it_ended(plugin: Session, chat: Window, house: Daemon) -> None:
    assert plugin.deliver("demo: slow 5", drive_id="across", within_ms=300).disposition == "pending"
    house.stop()
    house.start()
    again = house.attached(chat.host_pid, after=plugin)
    assert (again.info.window_id, again.info.pid) == (plugin.info.window_id, plugin.info.pid)
    known = again.lookup("across")
    assert known.in_flight
    ended = again.told("across", "turn_ended")
    assert ended.grade == "host"
    assert {event.epoch for event in again.events} == {again.epoch}
    assert users(chat) == ["demo: slow 5"]


def test_two_windows_are_two_sessions(
    plugin: Session, chat: Window, house: Daemon, server: Server, new_folder: Callable[[], Path]
) -> None:
    folder = new_folder()
    other = server.open(folder)
    session = house.attached(other.host_pid)
    assert session.info.window_id != plugin.info.window_id
    assert session.info.surfaces[0].workspace_folders == [str(folder)]
    session.deliver("for the second")
    plugin.deliver("for the first")
    other.chat.wait_for("user", "for the second")
    assert (users(chat), users(other)) == (["for the first"], ["for the second"])
    other.close()


def test_an_empty_window_is_known_again(house: Daemon, server: Server) -> None:
    empty = server.open(None)
    session = house.attached(empty.host_pid)
    [surface] = session.info.surfaces
    assert surface.workspace_folders == []
    session.deliver("in an empty window")
    assert surface.store is not None
    chats = Path(surface.store.path) / "emptyWindowChatSessions"
    with glances([empty]):
        until(lambda: any(file.parent == chats for file in server.profile.chat_files()), "its chat was stored there")
    with empty.new_host():
        assert session.ask("window/reload", Empty(), CommandResult).issued
    assert house.attached(empty.host_pid, after=session).info.window_id == session.info.window_id
    empty.close()


def test_two_windows_on_one_folder_get_two_names(house: Daemon, server: Server, new_folder: Callable[[], Path]) -> None:
    folder = new_folder()
    first, second = server.open(folder), server.open(folder)
    one = house.attached(first.host_pid)

    def refuse(info: PluginInfo) -> Exception | None:
        taken = info.window_id == one.info.window_id and info.pid != one.info.pid
        return BridgeError(Reason.SUPERSEDED, "another holds it", retry=True) if taken else None

    two = house.attached(second.host_pid)
    if two.info.window_id == one.info.window_id:
        house.refusals.append(refuse)
        house.stop()
        house.start()
        one, two = house.attached(first.host_pid, after=one), house.attached(second.host_pid, after=two)
    house.refusals.clear()
    assert {one.info.window_id, two.info.window_id} == {one.info.window_id, f"{one.info.window_id}.2"}
    assert one.info.surfaces[0].store == two.info.surfaces[0].store
    two.deliver("from the second window")
    second.chat.wait_for("user", "from the second window")
    assert users(first) == []
    first.close()
    second.close()


def test_what_else_it_answers(plugin: Session, chat: Window) -> None:
    found = plugin.ask("commands/list", CommandsListParams(contains="ACTION.CHAT.OPEN"), CommandsListResult).commands
    assert "workbench.action.chat.open" in found
    assert all("action.chat.open" in name.lower() for name in found)
    chat.command("workbench.view.explorer")
    assert plugin.ask("chat/open", ChatOpenParams(surface_id="chat"), CommandResult).issued
    assert until(lambda: chat.focused_part() == "auxiliarybar", "the chat was shown and had the keyboard")
    assert plugin.ask("ping", Empty(), Empty) == Empty()
    with pytest.raises(BridgeError) as caught:
        plugin.ask("daemon/status", Empty(), Empty)
    assert caught.value.reason is Reason.UNKNOWN_METHOD


def test_no_prompt_is_in_a_log_or_a_journal(plugin: Session, chat: Window, server: Server, house: Daemon) -> None:
    for prompt in (PRIVATE, f"/clear {PRIVATE}", f"@nobody {PRIVATE}"):
        plugin.deliver(prompt)
    journals = list(server.profile.data.glob("User/globalStorage/koru.koru-vscode/journal/*.jsonl"))
    logs = [path for path in server.profile.logs() if "Koru" in path.name or "koru" in str(path)]
    assert journals and logs
    for path in (*journals, *logs):
        assert PRIVATE not in path.read_text(encoding="utf-8"), path
        assert path in logs or path.stat().st_mode & 0o777 == 0o600
    assert all(PRIVATE not in line.message for line in house.logs)
    chat.command("workbench.action.chat.newChat")
