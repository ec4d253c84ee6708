package dev.koru.drive;

import java.util.Locale;

/** Why nothing was touched. The daemon knows these words from its registry; a test holds both to each other. */
public enum Blocker {
    BLOCKED_BY_DIALOG,
    CANCELLED,
    COMMAND_UNAVAILABLE,
    DRIVE_CLOSED,
    INPUT_BUSY,
    INPUT_UNREADABLE,
    INTERFACE_UNAVAILABLE,
    JOURNAL_UNWRITABLE,
    NO_CHAT_AGENT,
    PROJECT_CLOSED,
    SEND_DISABLED,
    SURFACE_BUSY,
    TEXT_UNSUPPORTED,
    UNKNOWN_CHAT,
    WINDOW_UNRESPONSIVE;

    /** As it stands on the wire. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
