package dev.koru.chats;

import com.intellij.openapi.project.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.UUID;

/** The chats' own store, below the user's home: lines as Claude Code writes them, one session for this process. */
final class Transcript {
    private static final String SESSION = UUID.randomUUID().toString();
    private static final Path FOLDER = Path.of(System.getProperty("user.home"), ".claude/projects/-demo");

    private Transcript() {}

    static synchronized void append(Project project, String prompt, String answer) {
        var asked = UUID.randomUUID().toString();
        var user = "{\"role\":\"user\",\"content\":" + quoted(prompt) + "}";
        var agent = "{\"id\":\"msg_" + asked + "\",\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":"
                + quoted(answer) + "}],\"stop_reason\":\"end_turn\"}";
        var lines = line("user", asked, "null", user, project) + line("assistant", UUID.randomUUID().toString(),
                '"' + asked + '"', agent, project);
        try {
            Files.createDirectories(FOLDER);
            Files.writeString(FOLDER.resolve(SESSION + ".jsonl"), lines, StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static String line(String type, String id, String parent, String message, Project project) {
        return "{\"parentUuid\":" + parent + ",\"isSidechain\":false,\"type\":\"" + type + "\",\"message\":" + message
                + ",\"uuid\":\"" + id + "\",\"timestamp\":\"" + Instant.now() + "\",\"sessionId\":\"" + SESSION
                + "\",\"cwd\":" + quoted(project.getBasePath()) + ",\"version\":\"2.1.214\"}\n";
    }

    private static String quoted(String text) {
        var out = new StringBuilder("\"");
        for (var at = 0; at < text.length(); at++) {
            var each = text.charAt(at);
            out.append(each < ' ' || each == '"' || each == '\\' ? String.format("\\u%04x", (int) each) : "" + each);
        }
        return out.append('"').toString();
    }
}
