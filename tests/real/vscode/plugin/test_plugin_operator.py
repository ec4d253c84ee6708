"""What the operator sees and does: commands, the status bar, a selection, folders that come, and the keyboard."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bridge.protocol.errors import BridgeError, Reason
from bridge.protocol.messages.chat import ChatCancelParams, CommandResult, DeliverParams, DeliverResult
from tests.real.vscode.deadline import until
from tests.real.vscode.plugin.daemon import Daemon, Session
from tests.real.vscode.server import Server
from tests.real.vscode.window import Window

SELECT = """
const editor = await vscode.window.showTextDocument(vscode.Uri.file(data.path));
editor.selection = new vscode.Selection(...data.selection);
"""
ADD_FOLDER = """
const { length } = vscode.workspace.workspaceFolders;
return vscode.workspace.updateWorkspaceFolders(length, 0, { uri: vscode.Uri.file(data) });
"""

# Not awaited: the host that is asked does not live to answer.
OPEN_WORKSPACE = "setImmediate(() => vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(data)));"


def document(window: Window, path: Path, text: str, *selection: int) -> None:
    path.write_text(text, encoding="utf-8")
    window.evaluate(SELECT, {"path": str(path), "selection": selection or (0, 0, 0, 0)})


def test_the_operator_disconnects_and_connects(plugin: Session, chat: Window, house: Daemon) -> None:
    chat.command("koru.disconnect")
    until(lambda: not plugin.alive, "the plugin hung up")
    assert len([session for session in house.sessions if session.info.pid == chat.host_pid and session.alive]) == 0
    chat.command("koru.connect")
    again = house.attached(chat.host_pid, after=plugin)
    assert again.info.window_id == plugin.info.window_id
    assert again.deliver("after connecting again").disposition == "done"


def test_the_selection_is_driven_into_this_window(plugin: Session, chat: Window, house: Daemon, server: Server) -> None:
    document(chat, server.profile.root / "selected.txt", "before\nthis part\nafter", 1, 0, 2, 0)
    chat.command("koru.driveSelection")
    drive = house.started[-1]
    assert (drive.text, drive.selector.window, drive.draft) == ("this part", plugin.info.window_id, False)
    before = len(house.started)
    document(chat, server.profile.root / "nothing.txt", "not selected")
    chat.command("koru.driveSelection")
    assert len(house.started) == before


def test_the_keyboard_comes_back_while_a_turn_runs(plugin: Session, chat: Window, server: Server) -> None:
    document(chat, server.profile.root / "slow.txt", "")
    plugin.deliver("demo: slow 600", drive_id="long", within_ms=500)
    assert until(lambda: chat.focused_part() == "editor", "the editor had the keyboard while the turn ran")
    plugin.ask("chat/cancel", ChatCancelParams(surface_id="chat", drive_id="long"), CommandResult)
    assert plugin.told("long", "turn_failed").detail == "cancelled"


def test_a_surface_or_an_epoch_of_another_is_refused(plugin: Session, chat: Window) -> None:
    asked = DeliverParams.model_validate_json(
        '{"drive_id":"d","epoch":0,"surface_id":"chat","interface":"vscode_native_send","text":"x","text_sha":"'
        + "0" * 64
        + '","submit":true,"target":{},"answer_within_ms":1000}'
    )
    with pytest.raises(BridgeError) as late:
        plugin.ask("chat/deliver", asked, DeliverResult)
    with pytest.raises(BridgeError) as wrong:
        plugin.ask("chat/deliver", asked.model_copy(update={"surface_id": "other"}), DeliverResult)
    with pytest.raises(BridgeError) as changed:
        plugin.ask("chat/deliver", asked.model_copy(update={"epoch": plugin.epoch}), DeliverResult)
    reasons = [each.value.reason for each in (late, wrong, changed)]
    assert reasons == [Reason.SUPERSEDED, Reason.UNKNOWN_SURFACE, Reason.INVALID_PARAMS]
    assert chat.chat.rows() == []


def open_workspace(window: Window, house: Daemon, server: Server, folders: list[Path]) -> Session:
    """VS Code in a browser now and then opens a workspace file as if it named no folder; then another is tried."""
    for number in range(5):
        file = server.profile.root / f"several-{number}.code-workspace"
        file.write_text(json.dumps({"folders": [{"path": str(each)} for each in folders]}), encoding="utf-8")
        with window.new_host():
            window.evaluate(OPEN_WORKSPACE, str(file))
        session = house.attached(window.host_pid)
        if session.folders == [str(folder) for folder in folders]:
            return session
        assert window.evaluate("return vscode.workspace.workspaceFolders") == [], "the plugin told what the editor says"
    pytest.fail("VS Code never opened the workspace with its folders")


def test_folders_that_come_are_told(house: Daemon, server: Server, new_folder: Callable[[], Path]) -> None:
    folders = [new_folder() for _ in range(3)]
    with closing(server.open(folders[0])) as other:
        session = open_workspace(other, house, server, folders[:2])
        assert other.evaluate(ADD_FOLDER, str(folders[2]))
        until(lambda: session.folders == [str(folder) for folder in folders], "the third folder was told")
        assert session.surfaces[-1].surfaces[0].surface_id == session.info.surfaces[0].surface_id
