package dev.koru.chat;

import dev.koru.protocol.Json;
import dev.koru.protocol.WireException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The chats this plugin knows: those of the registry, which are in the jar, and what the operator says of more. */
public final class Catalogue {
    /** In the jar, made from the registry. */
    public static final String RESOURCE = "/koru/jetbrains_chats.json";

    private static final int FILE_MAX_BYTES = 262_144;
    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");
    private static final Set<String> FIELDS =
            Set.of("id", "title", "tool_windows", "input", "input_class", "send_action", "status", "store", "store_path",
                    "plugin", "open_action", "new_chat_action", "note");

    private final Map<String, Chat> chats;
    private final List<String> problems;

    private Catalogue(Map<String, Chat> chats, List<String> problems) {
        this.chats = chats;
        this.problems = problems;
    }

    /** The chats in the jar, changed by the operator's file where there is one. Never throws for what that file says. */
    public static Catalogue load(Path overrides) {
        var chats = new LinkedHashMap<String, Chat>();
        var problems = new ArrayList<String>();
        try (InputStream shipped = Catalogue.class.getResourceAsStream(RESOURCE)) {
            add(shipped.readAllBytes(), "this plugin", chats, problems);
        } catch (IOException error) {
            throw new IllegalStateException("the plugin's jar is damaged", error);
        }
        try {
            var size = Files.size(overrides);
            if (size > FILE_MAX_BYTES) {
                problems.add(overrides + " is larger than " + FILE_MAX_BYTES + " bytes, and was not read");
            } else {
                add(Files.readAllBytes(overrides), overrides.toString(), chats, problems);
            }
        } catch (NoSuchFileException none) {
            // Most operators have none.
        } catch (IOException unreadable) {
            problems.add(overrides + " cannot be read (" + unreadable.getClass().getSimpleName() + ")");
        }
        return new Catalogue(chats, problems);
    }

    /** All chats; one window id each. */
    public List<Chat> chats() {
        return List.copyOf(chats.values());
    }

    /** What is wrong with the operator's file, a sentence each. The rest of it counts. */
    public List<String> problems() {
        return List.copyOf(problems);
    }

    private static void add(byte[] bytes, String source, Map<String, Chat> chats, List<String> problems) {
        Object document;
        try {
            document = Json.parse(bytes);
        } catch (WireException unfit) {
            problems.add(source + ": " + unfit.getMessage());
            return;
        }
        if (!(document instanceof Map<?, ?> map) || !(map.get("chats") instanceof List<?> rows)) {
            problems.add(source + ": should be an object with a list \"chats\"");
            return;
        }
        for (var at = 0; at < rows.size(); at++) {
            try {
                read(rows.get(at)).forEach(chat -> chats.put(chat.id() + '/' + chat.toolWindow(), chat));
            } catch (WireException unfit) {
                problems.add(source + ": chats[" + at + "]: " + unfit.getMessage());
            }
        }
    }

    private static List<Chat> read(Object row) {
        if (!(row instanceof Map<?, ?> fields)) {
            throw unfit("should be an object");
        }
        for (var name : fields.keySet()) {
            if (!FIELDS.contains(name)) {
                throw unfit("\"" + name + "\" is no field of a chat");
            }
        }
        var id = text(fields, "id");
        if (id == null || !ID.matcher(id).matches()) {
            throw unfit("id should be of a-z, 0-9, _ and -, 64 characters at most");
        }
        var title = text(fields, "title");
        var chats = new ArrayList<Chat>();
        for (var window : windows(fields)) {
            chats.add(new Chat(
                    id,
                    title == null ? id : title,
                    window,
                    text(fields, "input"),
                    text(fields, "input_class"),
                    text(fields, "send_action"),
                    text(fields, "status"),
                    text(fields, "store"),
                    text(fields, "store_path")));
        }
        return chats;
    }

    private static List<String> windows(Map<?, ?> fields) {
        if (!(fields.get("tool_windows") instanceof List<?> list)) {
            throw unfit("tool_windows should be a list of the ids of tool windows");
        }
        for (var each : list) {
            if (!(each instanceof String window) || window.isBlank()) {
                throw unfit("tool_windows should be a list of the ids of tool windows");
            }
        }
        return list.stream().map(String.class::cast).toList();
    }

    private static String text(Map<?, ?> fields, String name) {
        var value = fields.get(name);
        if (value != null && !(value instanceof String)) {
            throw unfit(name + " should be a string");
        }
        return (String) value;
    }

    private static WireException unfit(String message) {
        return new WireException("invalid_params", message, null);
    }
}
