"""Every observer by its id. An observer that is not listed here does not exist."""

from observers import (
    antigravity,
    claude_code,
    cline,
    codex,
    continue_dev,
    cursor,
    gemini_cli,
    goose,
    jetbrains_ai,
    junie,
    kilo,
    kiro,
    opencode,
    roo_code,
    vscode_chat,
    windsurf,
    zed,
)
from observers.base import Observer

OBSERVERS: dict[str, Observer] = {
    "vscode_chat": vscode_chat,
    "opencode": opencode,
    "kilo": kilo,
    "cursor": cursor,
    "goose": goose,
    "zed": zed,
    "claude_code": claude_code,
    "kiro": kiro,
    "junie": junie,
    "jetbrains_ai": jetbrains_ai,
    "codex": codex,
    "gemini_cli": gemini_cli,
    "antigravity": antigravity,
    "windsurf": windsurf,
    "cline": cline,
    "roo_code": roo_code,
    "continue_dev": continue_dev,
}
