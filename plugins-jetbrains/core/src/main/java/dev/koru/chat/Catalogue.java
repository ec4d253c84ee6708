package dev.koru.chat;

import dev.koru.protocol.Json;
import dev.koru.protocol.WireException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
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
                    "plugin", "service", "script", "open_action", "new_chat_action", "note");
    /** Ways that go past what a chat offers to others: only where the operator says so. */
    private static final Set<Way> TO_ALLOW = Set.of(Way.SERVICE, Way.SCRIPT);

    private final Map<String, Chat> chats = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();
    private final Set<Way> allowed = EnumSet.noneOf(Way.class);

    private Catalogue() {}

    /** The chats in the jar, changed by the operator's file where there is one. Never throws for what that file says. */
    public static Catalogue load(Path overrides) {
        var catalogue = new Catalogue();
        var own = catalogue.readOverrides(overrides);
        try (InputStream shipped = Catalogue.class.getResourceAsStream(RESOURCE)) {
            catalogue.add(catalogue.document(shipped.readAllBytes(), "this plugin"), "this plugin");
        } catch (IOException error) {
            throw new IllegalStateException("the plugin's jar is damaged", error);
        }
        catalogue.add(own, overrides.toString());
        return catalogue;
    }

    /** Empty when there is no such file or nothing can be read in it. What it allows is noted. */
    private Map<?, ?> readOverrides(Path overrides) {
        try {
            var size = Files.size(overrides);
            if (size > FILE_MAX_BYTES) {
                problems.add(overrides + " is larger than " + FILE_MAX_BYTES + " bytes, and was not read");
                return Map.of();
            }
            var own = document(Files.readAllBytes(overrides), overrides.toString());
            allow(own.get("allow"), overrides.toString());
            return own;
        } catch (NoSuchFileException none) {
            // Most operators have none.
            return Map.of();
        } catch (IOException unreadable) {
            problems.add(overrides + " cannot be read (" + unreadable.getClass().getSimpleName() + ")");
            return Map.of();
        }
    }

    private Map<?, ?> document(byte[] bytes, String source) {
        Object document;
        try {
            document = Json.parse(bytes);
        } catch (WireException unfit) {
            problems.add(source + ": " + unfit.getMessage());
            return Map.of();
        }
        if (document instanceof Map<?, ?> map && map.get("chats") instanceof List<?>) {
            return map;
        }
        problems.add(source + ": should be an object with a list \"chats\"");
        return Map.of();
    }

    private void allow(Object words, String source) {
        if (words == null) {
            return;
        }
        for (var word : words instanceof List<?> list ? list : List.of(words)) {
            var way = TO_ALLOW.stream().filter(each -> each.word().equals(word)).findFirst();
            way.ifPresent(allowed::add);
            if (way.isEmpty()) {
                problems.add(source + ": allow: should be a list of \"service\" and \"script\"");
            }
        }
    }

    /** All chats; one window id each. */
    public List<Chat> chats() {
        return List.copyOf(chats.values());
    }

    /** What is wrong with the operator's file, a sentence each. The rest of it counts. */
    public List<String> problems() {
        return List.copyOf(problems);
    }

    private void add(Map<?, ?> document, String source) {
        var rows = document.get("chats") instanceof List<?> list ? list : List.of();
        for (var at = 0; at < rows.size(); at++) {
            try {
                read(rows.get(at)).forEach(chat -> chats.put(chat.id() + '/' + chat.toolWindow(), chat));
            } catch (WireException unfit) {
                problems.add(source + ": chats[" + at + "]: " + unfit.getMessage());
            }
        }
    }

    private List<Chat> read(Object row) {
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
        var script = text(fields, "script");
        if (script != null && !script.contains(Chat.TEXT)) {
            throw unfit("script should hold " + Chat.TEXT + " where the prompt goes");
        }
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
                    text(fields, "store_path"),
                    text(fields, "plugin"),
                    text(fields, "service"),
                    script,
                    allowed));
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
