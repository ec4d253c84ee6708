package dev.koru.link;

import static dev.koru.Suite.check;
import static dev.koru.Suite.equal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lines come out alike, however the bytes were cut. */
public final class LineReaderTest {
    private static final byte[] STREAM = "zażółć\n\n{\"a\":1}\n".getBytes(StandardCharsets.UTF_8);

    private static List<String> cutBy(int step) {
        var reader = new LineReader();
        var lines = new ArrayList<String>();
        for (var at = 0; at < STREAM.length; at += step) {
            var chunk = ByteBuffer.wrap(Arrays.copyOfRange(STREAM, at, Math.min(STREAM.length, at + step)));
            reader.feed(chunk).forEach(line -> lines.add(new String(line, StandardCharsets.UTF_8)));
        }
        return lines;
    }

    public static void cutsMakeNoDifference() {
        for (var step = 1; step <= STREAM.length; step++) {
            equal(List.of("zażółć", "", "{\"a\":1}"), cutBy(step));
        }
    }

    public static void anOversizeLineIsToldOnceAndSkipped() {
        var reader = new LineReader(4);
        var lines = new ArrayList<byte[]>();
        for (var each : "12345678\n1234\n".getBytes(StandardCharsets.US_ASCII)) {
            lines.addAll(reader.feed(ByteBuffer.wrap(new byte[] {each})));
        }
        equal(2, lines.size());
        check(lines.get(0) == LineReader.OVERSIZE, "the long line is marked");
        equal("1234", new String(lines.get(1), StandardCharsets.US_ASCII));
    }

    public static void exactlyTheLimitIsALine() {
        var lines = new LineReader(3).feed(ByteBuffer.wrap("abc\nabcd\n".getBytes(StandardCharsets.US_ASCII)));
        equal(3, lines.get(0).length);
        check(lines.get(1) == LineReader.OVERSIZE, "one more is too long");
    }
}
