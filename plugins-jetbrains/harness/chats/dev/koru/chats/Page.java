package dev.koru.chats;

import com.google.gson.Gson;
import javax.swing.SwingUtilities;

/** Stands where an embedded browser would: runs the one script that the chat's page understands. */
public final class Page {
    private static final String BEFORE = "say(";

    private final transient ChatPanel chat;

    Page(ChatPanel chat) {
        this.chat = chat;
    }

    /** As of the platform's browsers. */
    public Page getCefBrowser() {
        return this;
    }

    /** Asynchronous, as that of a browser. */
    public void executeJavaScript(String code, String url, int line) {
        if (!code.startsWith(BEFORE) || !code.endsWith(")")) {
            throw new IllegalArgumentException("the page has no such function");
        }
        var prompt = code.substring(BEFORE.length(), code.length() - 1);
        SwingUtilities.invokeLater(() -> chat.answer(new Gson().fromJson(prompt, String.class)));
    }
}
