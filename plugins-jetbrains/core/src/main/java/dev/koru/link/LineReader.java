package dev.koru.link;

import dev.koru.protocol.Messages;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Cuts a stream of bytes into lines at \n only; decoding is for later, so a character cut in two is no matter. */
public final class LineReader {
    /** Stands in the place of a line that was longer than the limit; its content is gone. */
    public static final byte[] OVERSIZE = new byte[0];

    private final int limit;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private boolean skipping;

    public LineReader() {
        this(Messages.LINE_MAX_BYTES);
    }

    /** Holds at most {@code limit} bytes besides the chunk being fed. */
    public LineReader(int limit) {
        this.limit = limit;
    }

    /** The lines that the chunk completes, without their \n. An oversize line is told once, as soon as it is one. */
    public List<byte[]> feed(ByteBuffer chunk) {
        var lines = new ArrayList<byte[]>();
        while (chunk.hasRemaining()) {
            var end = indexOfNewline(chunk);
            var piece = new byte[(end < 0 ? chunk.limit() : end) - chunk.position()];
            chunk.get(piece);
            hold(piece, lines);
            if (end >= 0) {
                chunk.get();
                end(lines);
            }
        }
        return lines;
    }

    private static int indexOfNewline(ByteBuffer chunk) {
        for (var at = chunk.position(); at < chunk.limit(); at++) {
            if (chunk.get(at) == '\n') {
                return at;
            }
        }
        return -1;
    }

    private void hold(byte[] piece, List<byte[]> lines) {
        if (skipping) {
            return;
        }
        if (held.size() + piece.length <= limit) {
            held.writeBytes(piece);
            return;
        }
        held.reset();
        skipping = true;
        lines.add(OVERSIZE);
    }

    private void end(List<byte[]> lines) {
        if (!skipping) {
            lines.add(held.toByteArray());
        }
        held.reset();
        skipping = false;
    }
}
