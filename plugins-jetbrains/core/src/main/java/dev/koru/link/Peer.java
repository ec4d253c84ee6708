package dev.koru.link;

import dev.koru.protocol.Envelope;
import dev.koru.protocol.Messages;
import dev.koru.protocol.Messages.ErrorData;
import dev.koru.protocol.Messages.ErrorObject;
import dev.koru.protocol.Messages.Message;
import dev.koru.protocol.WireException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * One end of the wire: answers requests by handlers, sends its own through a function that takes a line. Every request
 * of ours ends, with peer_gone if the other side does. Knows neither sockets nor IDEs. Safe to use from any thread.
 */
public final class Peer {
    static final int REQUESTS_MAX = 64;
    static final int GARBAGE_MAX = 32;
    private static final Map<String, Long> CODES = Map.of(
            "parse_error", -32700L, "invalid_request", -32600L, "unknown_method", -32601L, "invalid_params", -32602L);

    private final Consumer<byte[]> send;
    private final Map<String, Handler> handlers;
    private final Executor threads;
    private final Log log;
    private final Consumer<String> drop;

    private final Map<Object, CompletableFuture<Object>> pending = new LinkedHashMap<>();
    private final Set<Object> running = new HashSet<>();
    private long lastId;
    private int garbage;
    private String gone;

    /** {@code send} must not block or throw; {@code drop} is called when the other side has talked nonsense enough. */
    public Peer(
            Consumer<byte[]> send, Map<String, Handler> handlers, Executor threads, Log log, Consumer<String> drop) {
        this.send = send;
        this.handlers = Map.copyOf(handlers);
        this.threads = threads;
        this.log = log;
        this.drop = drop;
    }

    /** Asks and waits. Throws RemoteException, also for timeout, peer_gone, overloaded and invalid_result. */
    public Message request(String method, Message params, Duration timeout)
            throws RemoteException, InterruptedException {
        var answer = new CompletableFuture<Object>();
        var id = begin(answer);
        try {
            send.accept(Envelope.call(id, method, params));
            var result = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            return Messages.METHODS.get(method).result().decode(result);
        } catch (TimeoutException late) {
            throw new RemoteException("timeout", "no answer to " + method + " within " + timeout.toMillis() + " ms");
        } catch (ExecutionException failed) {
            throw (RemoteException) failed.getCause();
        } catch (WireException unfit) {
            throw new RemoteException("invalid_result", unfit.getMessage());
        } finally {
            settle(id);
        }
    }

    /** Tells. Does nothing when the other side is gone. Throws WireException line_too_long. */
    public void tell(String method, Message params) {
        sendLine(Envelope.call(null, method, params));
    }

    /** The other side is gone, or we are: every request of ours ends now. */
    public void close(String why) {
        var ended = new ArrayList<CompletableFuture<Object>>();
        synchronized (this) {
            if (gone != null) {
                return;
            }
            gone = why;
            ended.addAll(pending.values());
            pending.clear();
        }
        ended.forEach(each -> each.completeExceptionally(new RemoteException("peer_gone", why)));
    }

    /** Takes one line of the other side. Never throws. */
    public void receive(byte[] line) {
        if (line == LineReader.OVERSIZE) {
            var limit = Messages.LINE_MAX_BYTES;
            refuse(null, new WireException("line_too_long", "a line is longer than " + limit + " bytes", null));
            return;
        }
        var message = Envelope.read(line);
        if (message instanceof Envelope.Refused refused) {
            refuse(refused.id(), refused.error());
        } else if (message instanceof Envelope.Reply reply) {
            replied(reply);
        } else if (message instanceof Envelope.Call call && call.id() != null) {
            asked(call);
        }
        // The daemon tells nothing that a plugin must know; a newer one may, and is not refused for it.
    }

    private synchronized Long begin(CompletableFuture<Object> answer) throws RemoteException {
        if (gone != null) {
            throw new RemoteException("peer_gone", gone);
        }
        if (pending.size() >= REQUESTS_MAX) {
            throw new RemoteException("overloaded", "too many requests wait for an answer");
        }
        pending.put(++lastId, answer);
        return lastId;
    }

    private synchronized CompletableFuture<Object> settle(Object id) {
        return pending.remove(id);
    }

    private void replied(Envelope.Reply reply) {
        var answer = reply.id() == null ? null : settle(reply.id());
        if (answer == null) {
            // An error under no id is all a peer says before it hangs up.
            if (reply.id() == null && reply.error() != null) {
                drop.accept(reply.error().message());
            }
        } else if (reply.error() != null) {
            answer.completeExceptionally(new RemoteException(reply.error()));
        } else {
            answer.complete(reply.result());
        }
    }

    private void asked(Envelope.Call call) {
        boolean overloaded;
        synchronized (this) {
            if (!running.add(call.id())) {
                // Not answered under its id: that would be read as the answer to the first.
                refuse(null, new WireException("invalid_request", "a request with this id is still in flight", "id"));
                return;
            }
            overloaded = running.size() > REQUESTS_MAX;
        }
        if (overloaded) {
            finish(call, new WireException("overloaded", "too many requests at once", null));
            return;
        }
        try {
            threads.execute(() -> answer(call));
        } catch (RejectedExecutionException ending) {
            finish(call, new WireException("overloaded", "this plugin is being unloaded", null));
        }
    }

    private void answer(Envelope.Call call) {
        try {
            var method = Messages.METHODS.get(call.method());
            var handler = handlers.get(call.method());
            if (method == null || handler == null) {
                throw new WireException("unknown_method", "there is no such method here", "method");
            }
            var params = method.params().decode(call.params());
            sendLine(Envelope.result(call.id(), handler.answer(params)));
            done(call);
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            finish(call, new WireException("internal", "this plugin is being unloaded", null));
        } catch (WireException refused) {
            finish(call, refused);
        } catch (Exception | Error failed) {
            // The text of an unforeseen error can hold a prompt; only its kind goes out.
            var kind = failed.getClass().getSimpleName();
            log.say(Messages.LogLevel.ERROR, call.method() + " failed with " + kind);
            finish(call, new WireException("internal", "failed with " + kind, null));
        }
    }

    private void finish(Envelope.Call call, WireException error) {
        sendLine(Envelope.error(call.id(), told(error)));
        done(call);
    }

    private synchronized void done(Envelope.Call call) {
        running.remove(call.id());
    }

    private void refuse(Object id, WireException error) {
        sendLine(Envelope.error(id, told(error)));
        boolean enough;
        synchronized (this) {
            enough = ++garbage >= GARBAGE_MAX;
        }
        if (enough) {
            drop.accept(GARBAGE_MAX + " lines were no messages");
        }
    }

    private static ErrorObject told(WireException error) {
        var reason = error.reason();
        var data = new ErrorData(reason, reason.equals("overloaded"), error.where(), null);
        return new ErrorObject(CODES.getOrDefault(reason, -32000L), error.getMessage(), data);
    }

    private void sendLine(byte[] line) {
        synchronized (this) {
            if (gone != null) {
                return;
            }
        }
        send.accept(line);
    }
}
