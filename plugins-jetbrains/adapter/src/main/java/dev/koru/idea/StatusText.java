package dev.koru.idea;

import dev.koru.link.Connection.State;

/** The state of the connection in words for people. */
final class StatusText {
    private StatusText() {}

    static String of(State state) {
        return switch (state.is()) {
            case OFF -> "Koru: disconnected";
            case CONNECTING -> "Koru: looking for the daemon; start it with \"koru up\"";
            case CONNECTED -> "Koru: attached to the daemon " + state.hello().daemonVersion();
            case REFUSED -> "Koru: not connected, " + state.why();
        };
    }
}
