package dev.koru.link;

import dev.koru.protocol.Messages.LogLevel;

/** Where the plugin says what it does. Never given a prompt. */
@FunctionalInterface
public interface Log {
    void say(LogLevel level, String message);
}
