package dev.koru.chat;

/**
 * One agent chat, as data. Fields but {@code id}, {@code title} and {@code toolWindow} may be null.
 *
 * @param id the word by which a drive names it
 * @param input where the text goes: {@code editor}, {@code text}, or a kind that this plugin cannot drive
 * @param inputClass end of the name of the input's class, where the window holds several
 * @param sendAction id of the action that sends
 * @param store observer that reads the chat's own store, and {@code storePath} where that is, with {@code ~}
 */
public record Chat(
        String id,
        String title,
        String toolWindow,
        String input,
        String inputClass,
        String sendAction,
        String status,
        String store,
        String storePath) {
    /** Whether this plugin has a way to put text there. */
    public boolean isDrivable() {
        return ("editor".equals(input) || "text".equals(input)) && sendAction != null;
    }
}
