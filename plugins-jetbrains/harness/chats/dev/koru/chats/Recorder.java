package dev.koru.chats;

import com.intellij.notification.Notification;
import com.intellij.notification.Notifications;
import com.intellij.notification.NotificationsAdapter;
import com.intellij.openapi.application.ApplicationManager;
import com.intellij.openapi.project.Project;
import com.intellij.openapi.startup.StartupActivity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;

/** Writes every notification into the file `notices` in the user's home, and reloads the plugin when `reload` is there. */
public final class Recorder implements StartupActivity {
    private static final Path HOME = Path.of(System.getProperty("user.home"));
    private static final int LOOK_MS = 50;
    private static final AtomicBoolean IS_STARTED = new AtomicBoolean();

    @Override
    public void runActivity(Project project) {
        if (IS_STARTED.getAndSet(true)) {
            return;
        }
        var bus = ApplicationManager.getApplication().getMessageBus().connect();
        bus.subscribe(Notifications.TOPIC, new NotificationsAdapter() {
            @Override
            public void notify(Notification notification) {
                append("notices", notification.getGroupId() + ": " + notification.getContent());
            }
        });
        var thread = new Thread(Recorder::await, "reloads");
        thread.setDaemon(true);
        thread.start();
    }

    private static void await() {
        try {
            while (!Files.exists(HOME.resolve("reload"))) {
                Thread.sleep(LOOK_MS);
            }
            append("reloaded", Reload.run());
        } catch (Exception | Error failed) {
            append("reloaded", "failed: " + failed);
        }
    }

    static synchronized void append(String name, String line) {
        try {
            Files.writeString(
                    HOME.resolve(name), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
