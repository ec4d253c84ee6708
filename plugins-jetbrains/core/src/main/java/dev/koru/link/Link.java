package dev.koru.link;

import dev.koru.protocol.WireException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** One connection to the daemon's socket: bytes in and out of a peer, each way in a thread of its own and bounded. */
public final class Link {
    static final int UNSENT_MAX_BYTES = 8 * 1_048_576;
    private static final int CHUNK = 65_536;

    private final SocketChannel channel;
    private final Peer peer;
    private final CountDownLatch over = new CountDownLatch(1);
    private final ArrayDeque<byte[]> unsent = new ArrayDeque<>();
    private long unsentBytes;
    private volatile long lastHeard = System.nanoTime();
    private String why;

    private Link(SocketChannel channel, Map<String, Handler> handlers, Executor threads, Log log) {
        this.channel = channel;
        this.peer = new Peer(this::send, handlers, threads, log, this::close);
    }

    /** Throws WireException daemon_not_running or socket_unsafe. The threads end with the connection. */
    public static Link open(Path path, Map<String, Handler> handlers, Executor threads, Log log) {
        SocketPath.inspect(path);
        var link = new Link(dial(path), handlers, threads, log);
        start("koru reader", link::read);
        start("koru writer", link::write);
        return link;
    }

    public Peer peer() {
        return peer;
    }

    /** Nanoseconds since something was last heard. */
    public long silence() {
        return System.nanoTime() - lastHeard;
    }

    /** True when the connection is over within that time. */
    public boolean awaitEnd(long milliseconds) throws InterruptedException {
        return over.await(milliseconds, TimeUnit.MILLISECONDS);
    }

    /** Why it is over. */
    public synchronized String why() {
        return why == null ? "the daemon hung up" : why;
    }

    /** Ends the connection; does not wait. */
    public void close(String reason) {
        synchronized (this) {
            if (over.getCount() == 0) {
                return;
            }
            why = why == null ? reason : why;
            over.countDown();
            notifyAll();
        }
        try {
            channel.close();
        } catch (IOException closed) {
            // It is no use any more, which was the point.
        }
        peer.close(why());
    }

    private void send(byte[] line) {
        boolean isFull;
        synchronized (this) {
            unsentBytes += line.length;
            unsent.add(line);
            isFull = unsentBytes > UNSENT_MAX_BYTES;
            notifyAll();
        }
        if (isFull) {
            close("the daemon does not read what it is sent");
        }
    }

    private void read() {
        var lines = new LineReader();
        var chunk = ByteBuffer.allocate(CHUNK);
        try {
            while (channel.read(chunk) >= 0) {
                lastHeard = System.nanoTime();
                lines.feed(chunk.flip()).forEach(peer::receive);
                chunk.clear();
            }
            close("the daemon hung up");
        } catch (IOException | RuntimeException error) {
            close("the connection failed (" + error.getClass().getSimpleName() + ")");
        }
    }

    private void write() {
        try {
            for (var line = next(); line != null; line = next()) {
                var bytes = ByteBuffer.wrap(line);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                synchronized (this) {
                    unsentBytes -= line.length;
                }
            }
        } catch (IOException error) {
            close("the connection failed (" + error.getClass().getSimpleName() + ")");
        } catch (InterruptedException ending) {
            close("this plugin is being unloaded");
        }
    }

    private synchronized byte[] next() throws InterruptedException {
        while (unsent.isEmpty() && over.getCount() > 0) {
            wait();
        }
        return over.getCount() == 0 ? null : unsent.poll();
    }

    private static SocketChannel dial(Path path) {
        try {
            var channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
            return channel;
        } catch (IOException | IllegalArgumentException refused) {
            var kind = refused.getClass().getSimpleName();
            throw new WireException("daemon_not_running", "no daemon answers at " + path + " (" + kind + ")", null);
        }
    }

    private static void start(String name, Runnable run) {
        var thread = new Thread(run, name);
        thread.setDaemon(true);
        // An IDE's loader that a thread still knows cannot be unloaded.
        thread.setContextClassLoader(null);
        thread.start();
    }
}
