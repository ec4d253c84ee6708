package dev.koru.idea;

import com.intellij.openapi.Disposable;
import com.intellij.openapi.diagnostic.Logger;
import dev.koru.chat.Catalogue;
import dev.koru.drive.ChatDelivery;
import dev.koru.drive.Clock;
import dev.koru.drive.Drives;
import dev.koru.drive.IdeException;
import dev.koru.drive.Journal;
import dev.koru.link.Connection;
import dev.koru.link.Log;
import dev.koru.link.SocketPath;
import dev.koru.protocol.Messages.ChatEvent;
import dev.koru.protocol.Messages.LogLevel;
import dev.koru.protocol.Messages.LogMessage;
import dev.koru.protocol.Messages.SurfacesChanged;
import dev.koru.protocol.WireException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** This IDE as the daemon knows it: one connection for the process. A service of the application. */
public final class Koru implements Disposable {
    private static final long LOOK_AGAIN_MS = 2_000;

    private final Logger logger = Logger.getInstance("#dev.koru");
    private final Log log = this::log;
    private final WindowsThread thread = new WindowsThread();
    private final Projects projects = new Projects(thread);
    private final ExecutorService threads = Executors.newCachedThreadPool(run -> thread(run, "koru worker"));
    private final ScheduledExecutorService looking =
            Executors.newSingleThreadScheduledExecutor(run -> thread(run, "koru look"));
    private volatile Projects.Look look = Projects.Look.NOTHING;
    private volatile Catalogue catalogue;
    private final List<Consumer<Connection.State>> watchers = new CopyOnWriteArrayList<>();
    private Identity identity;
    private Journal journal;
    private Drives drives;
    private Connection connection;
    private boolean isDisposed;
    private volatile String refused;
    private final AtomicBoolean areProblemsTold = new AtomicBoolean();

    static Koru get() {
        return PlatformCompat.service(Koru.class);
    }

    /** Begins, in a thread of its own. Does nothing when it has begun. */
    public void start() {
        looking.execute(this::begin);
    }

    /** Who shows the state to the operator; told at once, and at each change. */
    void show(Consumer<Connection.State> widget) {
        watchers.add(widget);
        widget.accept(state());
    }

    void hide(Consumer<Connection.State> widget) {
        watchers.remove(widget);
    }

    Connection.State state() {
        var current = connection;
        return current == null ? new Connection.State(Connection.Is.OFF, null, null) : current.state();
    }

    @Override
    public void dispose() {
        Connection ended;
        synchronized (this) {
            isDisposed = true;
            ended = connection;
        }
        watchers.clear();
        looking.shutdownNow();
        if (drives != null) {
            drives.cancelAll();
        }
        if (ended != null) {
            ended.end();
        }
        threads.shutdownNow();
        try {
            if (journal != null) {
                journal.close();
            }
        } catch (IOException lost) {
            logger.warn("Koru: the journal was not closed");
        }
    }

    private synchronized void begin() {
        if (connection != null || isDisposed) {
            return;
        }
        try {
            identity = Identity.load();
            journal = Journal.open(Identity.folder().resolve("journal.jsonl"));
        } catch (IOException error) {
            var why = "the directory " + Identity.folder() + " cannot be written; nothing can be driven";
            log(LogLevel.ERROR, why);
            Notices.error(why);
            return;
        }
        catalogue = Catalogue.load(overrides());
        var port = new IdeaPort(thread);
        drives = new Drives(new Drives.Options(
                journal,
                surface -> look.places().get(surface),
                new ChatDelivery(port, Clock.REAL),
                threads,
                (surface, drive, fact) ->
                        connection.tell("chat/event", new ChatEvent(surface, connection.epoch(), fact, drive)),
                log));
        connection = new Connection(new Connection.Options(
                () -> SocketPath.of(Settings.socket(), System.getenv()),
                () -> identity.hello(look.surfaces()),
                Requests.handlers(drives, () -> connection.epoch(), () -> look.places(), port,
                        () -> SelfTest.run(catalogue, thread)),
                threads,
                hello -> {},
                this::changed,
                log));
        looking.scheduleWithFixedDelay(this::look, 0, LOOK_AGAIN_MS, TimeUnit.MILLISECONDS);
        connection.start();
    }

    private static Path overrides() {
        var named = System.getenv("XDG_CONFIG_HOME");
        var configuration =
                named == null || named.isBlank() ? Path.of(System.getProperty("user.home"), ".config") : Path.of(named);
        return configuration.resolve("koru/jetbrains_chats.json");
    }

    /** Only what really changed is told. */
    private void look() {
        try {
            var found = projects.look(catalogue);
            var isNew = !found.surfaces().equals(look.surfaces());
            var isReport = !found.report().equals(look.report());
            look = found;
            if (isNew) {
                connection.tell("surfaces/changed", new SurfacesChanged(found.surfaces()));
            }
            if (isReport) {
                report();
            }
        } catch (IdeException busy) {
            // A dialog is open or the IDE is busy: what was seen last stands until it can be seen again.
        } catch (RuntimeException failed) {
            log(LogLevel.ERROR, "looking for chats failed with " + failed.getClass().getSimpleName());
        }
    }

    private void changed(Connection.State state) {
        watchers.forEach(watcher -> watcher.accept(state));
        switch (state.is()) {
            case CONNECTED -> {
                refused = null;
                log(LogLevel.INFO, "attached, epoch " + state.hello().epoch());
                if (!areProblemsTold.getAndSet(true)) {
                    catalogue.problems().forEach(Notices::warning);
                }
                connection.tell("surfaces/changed", new SurfacesChanged(look.surfaces()));
                report();
            }
            case REFUSED -> {
                // It is tried again and again; the operator hears of each reason once.
                if (!state.why().equals(refused)) {
                    Notices.error("not connected: " + state.why());
                }
                refused = state.why();
            }
            default -> { }
        }
    }

    /** What each look-up of the catalogue gave in this IDE: the daemon's log has it, and so has the IDE's. */
    private void report() {
        var lines = new ArrayList<>(look.report());
        catalogue.problems().forEach(problem -> lines.add("catalogue: " + problem));
        for (var line : lines) {
            logger.info("Koru found: " + line);
            connection.tell("log/message", new LogMessage(LogLevel.INFO, "found: " + line));
        }
    }

    private void log(LogLevel level, String message) {
        switch (level) {
            case DEBUG -> logger.debug("Koru: " + message);
            case INFO -> logger.info("Koru: " + message);
            default -> logger.warn("Koru: " + message);
        }
    }

    private static Thread thread(Runnable run, String name) {
        var thread = new Thread(run, name);
        thread.setDaemon(true);
        // A loader that a thread still knows cannot be unloaded.
        thread.setContextClassLoader(null);
        return thread;
    }

    static WireException unknownSurface() {
        return new WireException("unknown_surface", "this IDE has no such chat now", "surface_id");
    }
}
