package dev.koru.link;

import static dev.koru.Suite.equal;

import dev.koru.protocol.WireException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/** The rule for the path, and who is refused before a byte is sent. */
public final class SocketPathTest {
    public static void theRuleIsTheDaemons() {
        equal(Path.of("/a/s"), SocketPath.of("/a/s", Map.of("KORU_SOCKET", "/b/s")));
        equal(Path.of("/b/s"), SocketPath.of("", Map.of("KORU_SOCKET", "/b/s", "XDG_RUNTIME_DIR", "/run/u")));
        equal(Path.of("/run/u/koru/bridge.sock"), SocketPath.of(" ", Map.of("XDG_RUNTIME_DIR", "/run/u", "HOME", "/h")));
        equal(Path.of("/h/.local/state/koru/run/bridge.sock"), SocketPath.of(null, Map.of("HOME", "/h")));
        equal(Path.of("/h/.local/state/koru/run/bridge.sock"), SocketPath.of(null, Map.of("HOME", "/h", "XDG_RUNTIME_DIR", "run")));
    }

    public static void nothingThereIsNoDaemon() throws IOException {
        equal("daemon_not_running", reason(folder().resolve("bridge.sock")));
        equal("daemon_not_running", reason(Path.of("/nowhere/at/all/bridge.sock")));
    }

    public static void whatOthersCouldHaveMadeIsRefused() throws IOException {
        var folder = folder();
        var path = folder.resolve("bridge.sock");
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
            equal(null, reason(path));
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
            equal("socket_unsafe", reason(path));
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            equal("socket_unsafe", reason(Files.createSymbolicLink(folder.resolve("link.sock"), path)));
            equal("socket_unsafe", reason(Files.createFile(folder.resolve("file.sock"))));
            var linked = Files.createSymbolicLink(folder.resolveSibling(folder.getFileName() + "-link"), folder);
            equal("socket_unsafe", reason(linked.resolve("bridge.sock")));
            Files.delete(linked);
        }
    }

    private static Path folder() throws IOException {
        return Files.createTempDirectory("socket");
    }

    private static String reason(Path path) {
        try {
            SocketPath.inspect(path);
            return null;
        } catch (WireException refused) {
            return refused.reason();
        }
    }

    private SocketPathTest() {}
}
