package dev.koru.chat;

import static dev.koru.Suite.check;
import static dev.koru.Suite.equal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The operator's file adds and changes chats; nonsense in it is told, and costs only itself. */
public final class CatalogueTest {
    private static final String FITS = "{\"id\":\"mine\",\"tool_windows\":[\"Mine\"],\"input\":\"text\",\"send_action\":\"S\"}";

    private static Catalogue with(String file) throws IOException {
        var path = Files.createTempDirectory("catalogue").resolve("chats.json");
        Files.writeString(path, file);
        return Catalogue.load(path);
    }

    public static void theShippedChatsAreThereAndFit() {
        var catalogue = Catalogue.load(Path.of("/nowhere/at/all"));
        equal(List.of(), catalogue.problems());
        equal(List.of(Way.FIELD), find(catalogue, "ai_assistant").ways());
        equal(List.of(), find(catalogue, "claude_code").ways());
        equal(List.of(Way.CLIPBOARD), find(catalogue, "copilot_jetbrains").ways());
        equal(List.of(Way.CLIPBOARD), find(catalogue, "continue").ways());
    }

    public static void aChatIsAddedAndOneIsChanged() throws IOException {
        var changed = "{\"id\":\"cody\",\"tool_windows\":[\"Cody\"],\"input\":\"editor\",\"send_action\":\"X\"}";
        var catalogue = with("{\"chats\":[" + FITS + "," + changed + "]}");
        equal(List.of(), catalogue.problems());
        equal("mine", find(catalogue, "mine").title());
        equal("X", find(catalogue, "cody").sendAction());
    }

    public static void whatGoesPastAChatIsOnlyAllowedByTheOperator() throws IOException {
        var catalogue = with("{\"allow\":[\"service\",\"script\"],\"chats\":[]}");
        equal(List.of(), catalogue.problems());
        equal(List.of(Way.SERVICE, Way.CLIPBOARD), find(catalogue, "copilot_jetbrains").ways());
        equal(List.of(Way.SCRIPT, Way.CLIPBOARD), find(catalogue, "continue").ways());
        for (var nonsense : new String[] {"7", "\"everything\"", "[null]", "[\"field\"]", "{}"}) {
            var refused = with("{\"allow\":" + nonsense + ",\"chats\":[" + FITS + "]}");
            equal(1, refused.problems().size());
            equal(List.of(Way.CLIPBOARD), find(refused, "continue").ways());
            check(find(refused, "mine") != null, "the chats count");
        }
    }

    public static void nonsenseIsToldAndCostsOnlyItself() throws IOException {
        for (var nonsense : new String[] {
            "7", "null", "{\"id\":\"a b\",\"tool_windows\":[]}", "{\"id\":\"x\"}", "{\"id\":\"x\",\"tool_windows\":[7]}",
            "{\"id\":\"x\",\"tool_windows\":[\"W\"],\"colour\":1}", "{\"id\":\"x\",\"tool_windows\":[\"W\"],\"input\":[]}",
            "{\"id\":\"x\",\"tool_windows\":[\"W\"],\"script\":\"send()\"}",
        }) {
            var catalogue = with("{\"chats\":[" + nonsense + "," + FITS + "]}");
            equal(1, catalogue.problems().size());
            check(catalogue.problems().get(0).contains("chats[0]"), catalogue.problems().get(0));
            check(find(catalogue, "mine") != null, "the other entry counts");
        }
    }

    public static void aFileThatIsNoCatalogueIsTold() throws IOException {
        for (var nonsense : new String[] {"", "[", "[]", "{}", "\"chats\"", " ".repeat(300_000)}) {
            var catalogue = with(nonsense);
            equal(1, catalogue.problems().size());
            check(find(catalogue, "ai_assistant") != null, "the shipped ones stay");
        }
    }

    private static Chat find(Catalogue catalogue, String id) {
        return catalogue.chats().stream().filter(chat -> chat.id().equals(id)).findFirst().orElse(null);
    }

    private CatalogueTest() {}
}
