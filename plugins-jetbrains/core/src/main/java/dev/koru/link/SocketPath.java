package dev.koru.link;

import dev.koru.protocol.WireException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/** Where the daemon listens, and whether it is safe to talk to whoever does: the same rules as the daemon's own. */
public final class SocketPath {
    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final int TYPE = 0170000;
    private static final int SOCKET = 0140000;
    private static final int DIRECTORY = 0040000;

    private static Integer ownUid;

    private SocketPath() {}

    /** {@code chosen} (a setting), else KORU_SOCKET, else below XDG_RUNTIME_DIR, else below the home directory. */
    public static Path of(String chosen, Map<String, String> environment) {
        var named = chosen == null || chosen.isBlank() ? environment.getOrDefault("KORU_SOCKET", "") : chosen;
        if (!named.isEmpty()) {
            return Path.of(named).toAbsolutePath();
        }
        var runtime = Path.of(environment.getOrDefault("XDG_RUNTIME_DIR", ""));
        if (runtime.isAbsolute()) {
            return runtime.resolve("koru/bridge.sock");
        }
        var home = environment.getOrDefault("HOME", System.getProperty("user.home"));
        return Path.of(home, ".local/state/koru/run/bridge.sock");
    }

    /** Throws WireException daemon_not_running when nothing is there, socket_unsafe when others could have put it. */
    public static void inspect(Path path) {
        var directory = path.getParent();
        var folder = look(directory);
        if ((folder.mode & TYPE) != DIRECTORY) {
            throw unsafe(directory, "is not a directory of its own");
        }
        if (folder.uid != ownUid()) {
            throw unsafe(directory, "belongs to another user");
        }
        if ((folder.mode & WRITABLE_BY_OTHERS) != 0) {
            throw unsafe(directory, "can be written by others");
        }
        var socket = look(path);
        if ((socket.mode & TYPE) != SOCKET) {
            throw unsafe(path, "is not a socket");
        }
        if (socket.uid != ownUid()) {
            throw unsafe(path, "belongs to another user");
        }
    }

    private record Entry(int uid, int mode) {}

    private static Entry look(Path path) {
        try {
            var found = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
            return new Entry((Integer) found.get("uid"), (Integer) found.get("mode"));
        } catch (IOException absent) {
            throw new WireException("daemon_not_running", "there is no daemon at " + path + " (koru up)", null);
        } catch (UnsupportedOperationException | IllegalArgumentException unknown) {
            throw new WireException("socket_unsafe", "this system does not tell who owns a socket", null);
        }
    }

    /** Java does not tell whose process this is; whoever owns a file it makes is. */
    private static synchronized int ownUid() {
        if (ownUid == null) {
            try {
                var probe = Files.createTempFile("koru", null);
                ownUid = look(probe).uid;
                Files.delete(probe);
            } catch (IOException error) {
                throw new WireException("socket_unsafe", "the temporary directory cannot be written", null);
            }
        }
        return ownUid;
    }

    private static WireException unsafe(Path path, String why) {
        return new WireException("socket_unsafe", path + " " + why + "; nothing was sent, look who made it", null);
    }
}
