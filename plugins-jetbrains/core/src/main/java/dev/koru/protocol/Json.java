package dev.koru.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Strict JSON. Objects are {@code Map<String, Object>} in their order, arrays {@code List<Object>}, whole numbers
 * {@code Long} where they fit, other numbers {@code Double}.
 */
public final class Json {
    /** How deep objects and arrays may be nested. */
    public static final int NESTING_MAX = 200;

    private Json() {}

    /**
     * Reads one value. Refused with {@code parse_error}: what is not UTF-8 or not JSON, lone surrogates, a name twice in
     * an object, more than {@link #NESTING_MAX} levels.
     */
    public static Object parse(byte[] bytes) {
        try {
            var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return new JsonParser(text).document();
        } catch (CharacterCodingException error) {
            throw new WireException("parse_error", "the line is not UTF-8", null);
        }
    }

    /** Writes a value of the types named above, without white space. {@code invalid_request}: anything else. */
    public static byte[] write(Object value) {
        var out = new StringBuilder();
        write(value, out);
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void write(Object value, StringBuilder out) {
        if (value == null || value instanceof Boolean || value instanceof Long || value instanceof Integer) {
            out.append(value);
        } else if (value instanceof String text) {
            quote(text, out);
        } else if (value instanceof Map<?, ?> object) {
            writeObject(object, out);
        } else if (value instanceof Iterable<?> array) {
            writeArray(array, out);
        } else {
            throw new WireException("invalid_request", "not a type of JSON: " + value.getClass().getName(), null);
        }
    }

    private static void writeObject(Map<?, ?> object, StringBuilder out) {
        var separator = '{';
        for (var entry : object.entrySet()) {
            out.append(separator);
            quote((String) entry.getKey(), out);
            out.append(':');
            write(entry.getValue(), out);
            separator = ',';
        }
        out.append(object.isEmpty() ? "{}" : "}");
    }

    private static void writeArray(Iterable<?> array, StringBuilder out) {
        out.append('[');
        var separator = "";
        for (var each : array) {
            out.append(separator);
            write(each, out);
            separator = ",";
        }
        out.append(']');
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        text.codePoints().forEach(point -> {
            if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
                throw new WireException("invalid_request", "a lone surrogate cannot be written", null);
            }
            if (point == '"' || point == '\\') {
                out.append('\\').appendCodePoint(point);
            } else if (point < ' ') {
                out.append(String.format("\\u%04x", point));
            } else {
                out.appendCodePoint(point);
            }
        });
        out.append('"');
    }
}
