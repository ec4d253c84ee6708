"""Takes a prompt of ours off the clipboard, where an injection that was cut short left it.

What was there before was held in memory alone, and is gone with the process that held it.
"""

from bridge.client import Client
from bridge.drive.match import text_sha
from bridge.protocol.errors import BridgeError, Reason
from bridge.recovery.action import ActionResult, Aim, Plan
from bridge.recovery.machine import CommandMachine
from injectors.clipboard import ClipboardInjector
from injectors.tool import ToolFailed, feed
from injectors.tool import run as run_tool
from injectors.tool_clipboard import WAYLAND, XCLIP, ClipboardTool

ID = "restore_clipboard"
DRIVES_MOST = 1000


def plan(hands: CommandMachine, aim: Aim) -> Plan:
    lack = ClipboardInjector(hands.environment).needs()
    if lack is not None:
        raise BridgeError(Reason.TOOL_MISSING, lack.message, hint=lack.hint)
    there = _held(hands)
    drive = next((each for each in _drives() if there is not None and each["text_sha"] == there), None)
    if drive is None:
        return Plan(needless="no prompt of a known drive is on the clipboard")
    if drive["state"] != "settled":
        return Plan(needless=f"the drive {drive['drive_id']} uses the clipboard now")
    step = f"empty the clipboard, which holds the prompt of the drive {drive['drive_id']}"
    return Plan((step,), {"drive": drive["drive_id"], "text": drive["text_sha"]}, risky=False)


def run(hands: CommandMachine, plan: Plan) -> ActionResult:
    if _held(hands) != plan.target["text"]:
        return ActionResult("not_needed", ("something else is on the clipboard by now",))
    try:
        feed(_tool(hands).clear, hands.environment, b"")
    except ToolFailed as error:
        return ActionResult("failed", (str(error),))
    if _held(hands) == plan.target["text"]:
        return ActionResult("failed", ("the clipboard still holds the prompt",))
    return ActionResult("done", ("the prompt is off the clipboard", "what was there before cannot be brought back"))


def _tool(hands: CommandMachine) -> ClipboardTool:
    return WAYLAND if hands.environment.get("WAYLAND_DISPLAY") else XCLIP


def _held(hands: CommandMachine) -> str | None:
    """The hash of the text on the clipboard; None without a text."""
    tool = _tool(hands)
    try:
        return text_sha(run_tool((*tool.read, tool.text_type), hands.environment).decode("utf-8"))
    except (ToolFailed, UnicodeDecodeError):
        return None


def _drives() -> list[dict[str, str]]:
    with Client.connect() as client:
        drives: list[dict[str, str]] = client.request("drive/list", {"limit": DRIVES_MOST})["drives"]
    return drives
