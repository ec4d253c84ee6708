package dev.koru.idea;

import com.intellij.notification.Notification;
import com.intellij.notification.NotificationType;
import com.intellij.notification.Notifications;

/** What the operator is told in the IDE. Never a prompt. */
final class Notices {
    /** Registered in plugin.xml. */
    static final String GROUP = "Koru";

    private Notices() {}

    static void error(String message) {
        tell(message, NotificationType.ERROR);
    }

    static void information(String message) {
        tell(message, NotificationType.INFORMATION);
    }

    static void warning(String message) {
        tell(message, NotificationType.WARNING);
    }

    private static void tell(String message, NotificationType type) {
        // A notification reads its text as HTML.
        var text = message.replace("&", "&amp;").replace("<", "&lt;");
        Notifications.Bus.notify(new Notification(GROUP, "Koru", text, type));
    }
}
