package dev.koru.protocol;

import java.util.LinkedHashMap;
import java.util.Map;

/** JSON-RPC 2.0 around the messages: the bytes of one line to a call, a reply or a refusal, and back. No state. */
public final class Envelope {
    private static final int ID_MAX_CHARS = 256;

    private Envelope() {}

    /** What a line says. */
    public sealed interface Line permits Call, Reply, Refused {}

    /** A request, or with {@code id} null a notification. The params are not decoded yet. An id is a Long or a String. */
    public record Call(Object id, String method, Map<?, ?> params) implements Line {}

    /** The answer to a request of ours; without {@code error} the result, not decoded yet. */
    public record Reply(Object id, Object result, Messages.ErrorObject error) implements Line {}

    /** A line that is no message. {@code id} is that of the request, where it could be read. */
    public record Refused(Object id, WireException error) implements Line {}

    /** Reads a line without its line end. Never throws. */
    public static Line read(byte[] line) {
        try {
            if (line.length > Messages.LINE_MAX_BYTES) {
                throw tooLong();
            }
            if (Json.parse(line) instanceof Map<?, ?> wire) {
                return message(wire);
            }
            return refuse(null, "a line holds one JSON object; batches are not supported", null);
        } catch (WireException error) {
            return new Refused(null, error);
        }
    }

    private static Line message(Map<?, ?> wire) {
        var id = wire.get("id");
        if (id != null && !isId(id)) {
            return refuse(null, "an id is an integer within 2^53 or a string of 1 to 256 characters", "id");
        }
        if (!"2.0".equals(wire.get("jsonrpc"))) {
            return refuse(id, "every message says \"jsonrpc\": \"2.0\"", "jsonrpc");
        }
        return wire.containsKey("method") ? call(wire, id) : reply(wire, id);
    }

    private static Line call(Map<?, ?> wire, Object id) {
        var params = wire.containsKey("params") ? wire.get("params") : Map.of();
        if (!(wire.get("method") instanceof String method) || method.isEmpty()) {
            return refuse(id, "a method is a non-empty string", "method");
        }
        if (!(params instanceof Map<?, ?> fields)) {
            return refuse(id, "params are an object", "params");
        }
        if (id == null && wire.containsKey("id")) {
            return refuse(null, "the id of a request is not null", "id");
        }
        if (wire.containsKey("result") || wire.containsKey("error")) {
            return refuse(id, "a message is a request or an answer, not both", null);
        }
        return new Call(id, method, fields);
    }

    private static Line reply(Map<?, ?> wire, Object id) {
        if (wire.containsKey("result") == wire.containsKey("error")) {
            return refuse(id, "a message has a method, a result or an error", null);
        }
        if (wire.containsKey("error")) {
            return new Reply(id, null, error(wire.get("error")));
        }
        return id == null
                ? refuse(null, "a result carries the id of its request", "id")
                : new Reply(id, wire.get("result"), null);
    }

    private static Messages.ErrorObject error(Object wire) {
        try {
            return Messages.ErrorObject.decode(wire);
        } catch (WireException refused) {
            var message = "the other side answered with an error that is not one";
            return new Messages.ErrorObject(-32000L, message, new Messages.ErrorData("invalid_result", false, null, null));
        }
    }

    private static boolean isId(Object id) {
        if (id instanceof Long number) {
            return Math.abs(number) <= Messages.SAFE_INTEGER;
        }
        return id instanceof String text && !text.isEmpty() && text.codePointCount(0, text.length()) <= ID_MAX_CHARS;
    }

    private static Refused refuse(Object id, String message, String where) {
        return new Refused(id, new WireException("invalid_request", message, where));
    }

    /** A request; with {@code id} null a notification. The line has its line end. */
    public static byte[] call(Object id, String method, Messages.Message params) {
        return line(id, "method", method, "params", params.encode());
    }

    /** The answer to a request. */
    public static byte[] result(Object id, Messages.Message result) {
        return line(id, "result", result.encode(), null, null);
    }

    /** The refusal of a request; {@code id} is null where the request could not be read. */
    public static byte[] error(Object id, Messages.ErrorObject error) {
        var wire = new LinkedHashMap<String, Object>();
        wire.put("jsonrpc", "2.0");
        wire.put("id", id);
        wire.put("error", error.encode());
        return ended(Json.write(wire));
    }

    private static byte[] line(Object id, String first, Object value, String second, Object other) {
        var wire = new LinkedHashMap<String, Object>();
        wire.put("jsonrpc", "2.0");
        if (id != null) {
            wire.put("id", id);
        }
        wire.put(first, value);
        if (second != null) {
            wire.put(second, other);
        }
        return ended(Json.write(wire));
    }

    private static byte[] ended(byte[] json) {
        if (json.length > Messages.LINE_MAX_BYTES) {
            throw tooLong();
        }
        var line = java.util.Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }

    private static WireException tooLong() {
        var limit = Messages.LINE_MAX_BYTES;
        return new WireException("line_too_long", "a line of the wire is longer than " + limit + " bytes", null);
    }
}
