package dev.koru.idea;

import com.intellij.openapi.application.ApplicationInfo;
import com.intellij.openapi.application.PathManager;
import dev.koru.protocol.Messages;
import dev.koru.protocol.Messages.IdeInfo;
import dev.koru.protocol.Messages.InitializeParams;
import dev.koru.protocol.Messages.PluginInfo;
import dev.koru.protocol.Messages.ProtocolRange;
import dev.koru.protocol.Messages.Role;
import dev.koru.protocol.Messages.SurfaceInfo;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** Who this IDE is: the same id over restarts, one for each configuration directory, as an IDE locks its own. */
final class Identity {
    static final String VERSION = version();

    private static final List<String> CAPABILITIES =
            List.of("chat/deliver", "chat/open", "chat/cancel", "drive/lookup", "commands/list", "plugin/selftest",
                    "draft");
    /** By the code in the build number. */
    private static final Map<String, String> PRODUCTS = Map.ofEntries(
            Map.entry("IU", "idea"),
            Map.entry("IC", "idea"),
            Map.entry("PY", "pycharm"),
            Map.entry("PC", "pycharm"),
            Map.entry("WS", "webstorm"),
            Map.entry("GO", "goland"),
            Map.entry("CL", "clion"),
            Map.entry("RD", "rider"),
            Map.entry("PS", "phpstorm"),
            Map.entry("RM", "rubymine"),
            Map.entry("RR", "rustrover"),
            Map.entry("AI", "android-studio"));

    private final String windowId;

    private Identity(String windowId) {
        this.windowId = windowId;
    }

    /** Where everything of ours is kept. */
    static Path folder() {
        return Path.of(PathManager.getConfigPath(), "koru");
    }

    static Identity load() throws IOException {
        var file = folder().resolve("window_id");
        Files.createDirectories(file.getParent());
        if (Files.exists(file)) {
            var known = Files.readString(file).strip();
            if (known.matches("[0-9a-f-]{36}")) {
                return new Identity(known);
            }
        }
        var fresh = UUID.randomUUID().toString();
        Files.writeString(file, fresh);
        return new Identity(fresh);
    }

    InitializeParams hello(List<SurfaceInfo> surfaces) {
        var started = ManagementFactory.getRuntimeMXBean().getStartTime();
        var pid = ProcessHandle.current().pid();
        var plugin = new PluginInfo(ide(), pid, started, windowId, CAPABILITIES, surfaces);
        var range = new ProtocolRange(Messages.PROTOCOL_MIN, Messages.PROTOCOL_MAX);
        return new InitializeParams(Role.PLUGIN, "koru-jetbrains", VERSION, range, plugin);
    }

    private static IdeInfo ide() {
        var info = ApplicationInfo.getInstance();
        var code = info.getBuild().getProductCode();
        // The bare platform has no code of its own.
        var product = code.isEmpty() ? "intellij-platform" : PRODUCTS.getOrDefault(code, code.toLowerCase(Locale.ROOT));
        return new IdeInfo(product, info.getBuild().asStringWithoutProductCode(), info.getVersionName(), "desktop");
    }

    private static String version() {
        try (InputStream file = Identity.class.getResourceAsStream("/koru/version")) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException damaged) {
            throw new IllegalStateException("the plugin's jar is damaged", damaged);
        }
    }
}
