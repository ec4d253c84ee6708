package dev.koru.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One agent chat, as data. Fields but {@code id}, {@code title}, {@code toolWindow} and {@code allowed} may be null.
 *
 * @param id the word by which a drive names it
 * @param input where the text goes: {@code editor}, {@code text}, {@code browser}, {@code terminal}, or unknown
 * @param inputClass end of the name of the input's class, where the window holds several
 * @param sendAction id of the action that sends
 * @param store observer that reads the chat's own store, and {@code storePath} where that is, with {@code ~}
 * @param plugin id of the plugin that brings the chat
 * @param service class of a service of that plugin which takes prompts
 * @param script what the chat's page is told; {@code {text}} stands for the prompt as a JSON string
 * @param allowed ways that only an operator allows
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
        String storePath,
        String plugin,
        String service,
        String script,
        Set<Way> allowed) {
    /** Where the prompt goes in a script. */
    public static final String TEXT = "{text}";

    /** The ways that can be tried, best first. What has a field is never handed over: the field's refusals count. */
    public List<Way> ways() {
        if (("editor".equals(input) || "text".equals(input)) && sendAction != null) {
            return List.of(Way.FIELD);
        }
        var ways = new ArrayList<Way>();
        if (service != null && plugin != null && allowed.contains(Way.SERVICE)) {
            ways.add(Way.SERVICE);
        }
        if (script != null && "browser".equals(input) && allowed.contains(Way.SCRIPT)) {
            ways.add(Way.SCRIPT);
        }
        // What is pasted into a terminal at the wrong moment is run by the shell.
        if (!"terminal".equals(input)) {
            ways.add(Way.CLIPBOARD);
        }
        return ways;
    }
}
