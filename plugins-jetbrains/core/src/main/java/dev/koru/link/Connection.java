package dev.koru.link;

import dev.koru.protocol.Messages;
import dev.koru.protocol.Messages.InitializeParams;
import dev.koru.protocol.Messages.InitializeResult;
import dev.koru.protocol.Messages.LogLevel;
import dev.koru.protocol.Messages.Message;
import dev.koru.protocol.WireException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Keeps this IDE attached to the daemon: connects, introduces itself, starts again when the connection is over. */
public final class Connection {
    /** What the operator is shown. */
    public enum Is { OFF, CONNECTING, CONNECTED, REFUSED }

    /** {@code why} belongs to REFUSED, {@code hello} to CONNECTED. */
    public record State(Is is, InitializeResult hello, String why) {
        static State of(Is is) {
            return new State(is, null, null);
        }
    }

    /**
     * {@code hello} is asked at each attempt; {@code attached} is called before the daemon can ask anything that counts.
     */
    public record Options(
            Supplier<Path> path,
            Supplier<InitializeParams> hello,
            Map<String, Handler> handlers,
            Executor threads,
            Consumer<InitializeResult> attached,
            Consumer<State> changed,
            Log log) {}

    private static final int PAUSE_FIRST_MS = 100;
    private static final int PAUSE_MOST_MS = 1_500;
    private static final int PAUSE_REFUSED_MS = 15_000;
    private static final Duration INITIALIZE = Duration.ofSeconds(5);
    private static final int HEARTBEATS = 3;
    /** What trying again at once cannot change: the operator has to see it. */
    private static final Set<String> REFUSALS =
            Set.of("socket_unsafe", "protocol_mismatch", "peer_refused", "state_unwritable");

    private final Options options;
    private Thread keeper;
    private Link link;
    private volatile State state = State.of(Is.OFF);
    private int failures;

    public Connection(Options options) {
        this.options = options;
    }

    /** Keeps connected from now on. Does nothing when it is so already. */
    public synchronized void start() {
        if (keeper != null) {
            return;
        }
        keeper = new Thread(this::keep, "koru connection");
        keeper.setDaemon(true);
        keeper.setContextClassLoader(null);
        keeper.start();
    }

    /** Disconnects and stays so; back when no thread of the connection acts any more, at most after some seconds. */
    public void end() {
        Thread ended;
        synchronized (this) {
            ended = keeper;
            keeper = null;
            if (link != null) {
                link.close("disconnected here");
            }
        }
        if (ended != null && ended != Thread.currentThread()) {
            ended.interrupt();
            try {
                ended.join(5_000);
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }
        become(State.of(Is.OFF));
    }

    public State state() {
        return state;
    }

    /** Epoch of the session, 0 without one. */
    public long epoch() {
        var hello = state.hello;
        return hello == null ? 0 : hello.epoch();
    }

    /** Tells the daemon; what it cannot hear now is not kept for later. */
    public void tell(String method, Message params) {
        Link current;
        synchronized (this) {
            current = link;
        }
        if (current == null || state.is != Is.CONNECTED) {
            return;
        }
        try {
            current.peer().tell(method, params);
        } catch (WireException tooLong) {
            options.log.say(LogLevel.WARNING, method + " was not told: " + tooLong.getMessage());
        }
    }

    private void keep() {
        become(State.of(Is.CONNECTING));
        try {
            while (isWanted()) {
                var why = attach();
                if (!isWanted()) {
                    return;
                }
                if (state.is == Is.CONNECTED) {
                    become(State.of(Is.CONNECTING));
                }
                options.log.say(LogLevel.INFO, "not connected: " + why);
                Thread.sleep(pause());
            }
        } catch (InterruptedException ended) {
            // Asked to end: the state is told by who asked.
        }
    }

    private synchronized boolean isWanted() {
        return keeper == Thread.currentThread();
    }

    /** Gives the reason when the connection is over or was not made. */
    private String attach() throws InterruptedException {
        Link opened = null;
        try {
            opened = Link.open(options.path.get(), options.handlers, options.threads, options.log);
            if (!take(opened)) {
                return "disconnected here";
            }
            var answer = (InitializeResult) opened.peer().request("initialize", options.hello.get(), INITIALIZE);
            if (answer.protocol() < Messages.PROTOCOL_MIN || answer.protocol() > Messages.PROTOCOL_MAX) {
                throw new WireException("protocol_mismatch", "the daemon chose protocol " + answer.protocol(), null);
            }
            // The epoch has to be known before the daemon's first request is answered.
            state = new State(Is.CONNECTED, answer, null);
            options.attached.accept(answer);
            failures = 0;
            become(state);
            return listen(opened, answer.heartbeatMs() * HEARTBEATS);
        } catch (RemoteException refused) {
            return explain(refused.reason(), refused.getMessage());
        } catch (WireException refused) {
            return explain(refused.reason(), refused.getMessage());
        } catch (RuntimeException failed) {
            return explain("internal", failed.getClass().getSimpleName());
        } finally {
            drop(opened);
        }
    }

    private synchronized boolean take(Link opened) {
        if (keeper != Thread.currentThread()) {
            return false;
        }
        link = opened;
        return true;
    }

    private void drop(Link opened) {
        if (opened != null) {
            opened.close("over");
        }
        synchronized (this) {
            // Ended and started again meanwhile, it may be another's.
            link = link == opened ? null : link;
        }
    }

    private static String listen(Link opened, long leaseMs) throws InterruptedException {
        while (!opened.awaitEnd(Math.max(leaseMs / 4, 50))) {
            if (opened.silence() > leaseMs * 1_000_000) {
                opened.close("nothing was heard of the daemon for " + leaseMs + " ms");
            }
        }
        return opened.why();
    }

    private String explain(String reason, String message) {
        failures++;
        if (REFUSALS.contains(reason)) {
            become(new State(Is.REFUSED, null, message));
        } else if (state.is != Is.CONNECTING) {
            become(State.of(Is.CONNECTING));
        }
        return reason + ": " + message;
    }

    private long pause() {
        if (state.is == Is.REFUSED) {
            return PAUSE_REFUSED_MS;
        }
        var most = Math.min(PAUSE_MOST_MS, PAUSE_FIRST_MS << Math.min(failures, 5));
        return (long) (most * (0.5 + 0.5 * ThreadLocalRandom.current().nextDouble()));
    }

    private void become(State next) {
        state = next;
        options.changed.accept(next);
    }
}
