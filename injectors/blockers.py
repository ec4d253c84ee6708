"""The words an injector refuses with; the registry explains each of them."""

from enum import StrEnum


class BlockerWord(StrEnum):
    """Stable words. The text of an error may change, these may not."""

    # The desk
    NO_DISPLAY = "no_display"
    DISPLAY_DEAD = "display_dead"
    DESK_UNSUPPORTED = "desk_unsupported"
    DESK_BUSY = "desk_busy"
    TOOL_MISSING = "tool_missing"
    TOOL_VERSION = "tool_version"
    TOOL_FAILED = "tool_failed"
    LIBRARY_MISSING = "library_missing"
    PERMISSION_MISSING = "permission_missing"

    # The target
    TARGET_UNSPECIFIED = "target_unspecified"
    TARGET_MISSING = "target_missing"
    TARGET_AMBIGUOUS = "target_ambiguous"
    TARGET_GONE = "target_gone"
    FOCUS_REFUSED = "focus_refused"
    FOCUS_ELSEWHERE = "focus_elsewhere"
    FIELD_WRONG = "field_wrong"
    FIELD_UNKNOWN = "field_unknown"
    INPUT_BUSY = "input_busy"

    # The operator's hands
    KEYBOARD_GRABBED = "keyboard_grabbed"
    MODIFIER_HELD = "modifier_held"
    CAPS_LOCK = "caps_lock"
    STOPPED = "stopped"

    # The text and the clipboard
    TEXT_EMPTY = "text_empty"
    TEXT_TOO_LARGE = "text_too_large"
    TEXT_UNSUPPORTED = "text_unsupported"
    CLIPBOARD_UNAVAILABLE = "clipboard_unavailable"
    CLIPBOARD_UNSAVED = "clipboard_unsaved"
    NOT_FETCHED = "not_fetched"
    TEXT_DIFFERS = "text_differs"
    LEVEL_TOO_LOW = "level_too_low"
    NOT_INSERTED = "not_inserted"
