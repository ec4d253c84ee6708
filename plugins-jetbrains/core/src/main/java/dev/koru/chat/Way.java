package dev.koru.chat;

import java.util.Locale;

/** How a text gets into a chat. Each is an interface of the registry. */
public enum Way {
    /** Written into a field of the platform, read back, and sent by the chat's own action. */
    FIELD("plugin_socket_jetbrains"),
    /** Given to a service of the chat's plugin, which is no public one. */
    SERVICE("jetbrains_chat_service"),
    /** Told to the page of a chat that is a browser. */
    SCRIPT("jetbrains_chat_script"),
    /** Put on the clipboard, with a notice: a person pastes and sends it. */
    CLIPBOARD("jetbrains_clipboard");

    private final String id;

    Way(String id) {
        this.id = id;
    }

    /** As the registry calls it. */
    public String id() {
        return id;
    }

    /** The word by which an operator allows it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Null for an interface that is none of these. */
    public static Way of(String id) {
        for (var way : values()) {
            if (way.id.equals(id)) {
                return way;
            }
        }
        return null;
    }
}
