package dev.koru.idea;

import com.intellij.ide.util.PropertiesComponent;

/** What the operator set: kept by the IDE with its own settings. */
final class Settings {
    private static final String SOCKET = "dev.koru.socket";

    private Settings() {}

    /** Path of the daemon's socket, blank to find it by the usual rule. */
    static String socket() {
        return PropertiesComponent.getInstance().getValue(SOCKET, "");
    }

    static void setSocket(String path) {
        PropertiesComponent.getInstance().setValue(SOCKET, path.strip(), "");
    }
}
