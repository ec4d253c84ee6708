package dev.koru.chat;

import static dev.koru.Suite.check;
import static dev.koru.Suite.equal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

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
        equal(java.util.List.of(), catalogue.problems());
        check(catalogue.chats().stream().anyMatch(chat -> chat.id().equals("ai_assistant") && chat.isDrivable()), "AI");
        check(catalogue.chats().stream().noneMatch(chat -> chat.id().equals("claude_code") && chat.isDrivable()), "CC");
    }

    public static void aChatIsAddedAndOneIsChanged() throws IOException {
        var changed = "{\"id\":\"cody\",\"tool_windows\":[\"Cody\"],\"input\":\"editor\",\"send_action\":\"X\"}";
        var catalogue = with("{\"chats\":[" + FITS + "," + changed + "]}");
        equal(java.util.List.of(), catalogue.problems());
        equal("mine", find(catalogue, "mine").title());
        equal("X", find(catalogue, "cody").sendAction());
    }

    public static void nonsenseIsToldAndCostsOnlyItself() throws IOException {
        for (var nonsense : new String[] {
            "7", "null", "{\"id\":\"a b\",\"tool_windows\":[]}", "{\"id\":\"x\"}", "{\"id\":\"x\",\"tool_windows\":[7]}",
            "{\"id\":\"x\",\"tool_windows\":[\"W\"],\"colour\":1}", "{\"id\":\"x\",\"tool_windows\":[\"W\"],\"input\":[]}",
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
