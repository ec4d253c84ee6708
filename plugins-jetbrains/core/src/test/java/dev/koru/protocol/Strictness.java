package dev.koru.protocol;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What the vectors leave open and Java decides, and what is written. Exit status 1 at the first that does not hold. */
public final class Strictness {
    private Strictness() {}

    public static void main(String[] arguments) {
        refuses("parse_error", () -> parse("{\"a\":1,\"b\":2,\"a\":1}"));
        holds(parse("{\"a\":1,\"b\":{\"a\":1}}").equals(Map.of("a", 1L, "b", Map.of("a", 1L))));
        refuses("invalid_params", () -> Messages.SubscribeResult.decode(parse("{\"seq\":1.0}")));
        refuses("invalid_params", () -> Messages.SubscribeResult.decode(parse("{\"seq\":9223372036854775808}")));
        holds(Messages.SubscribeResult.decode(parse("{\"seq\":-0}")).seq() == 0);
        refuses("parse_error", () -> parse("[".repeat(201) + "]".repeat(201)));
        holds(parse("[".repeat(200) + "]".repeat(200)) instanceof List<?>);
        writes();
        lines();
    }

    private static void writes() {
        var text = "\"\\/\b\u0000\u2028\u0085\uD83D\uDE00\u007f";
        holds(parse(new String(Json.write(text), StandardCharsets.UTF_8)).equals(text));
        var object = new LinkedHashMap<String, Object>();
        object.put("b", List.of(1L, List.of(), Map.of()));
        object.put("a", null);
        holds(new String(Json.write(object), StandardCharsets.UTF_8).equals("{\"b\":[1,[],{}],\"a\":null}"));
        refuses("invalid_request", () -> Json.write("\uD83D"));
        refuses("invalid_request", () -> Json.write(Double.NaN));
    }

    private static void lines() {
        var said = new Messages.LogMessage(Messages.LogLevel.INFO, "a\nb");
        var line = Envelope.call(null, "log/message", said);
        holds(line[line.length - 1] == '\n');
        holds(new String(line, StandardCharsets.UTF_8).indexOf('\n') == line.length - 1);
        var call = (Envelope.Call) Envelope.read(line);
        holds(call.id() == null && Messages.LogMessage.decode(call.params()).equals(said));
        var error = new Messages.ErrorObject(-32700L, "no", new Messages.ErrorData("parse_error", false, null, null));
        holds(((Envelope.Reply) Envelope.read(Envelope.error(null, error))).error().equals(error));
        var reply = (Envelope.Reply) Envelope.read(Envelope.result("x", new Messages.Empty()));
        holds(reply.id().equals("x") && reply.error() == null);
        var large = new Messages.LogMessage(Messages.LogLevel.INFO, "x".repeat(Messages.LINE_MAX_BYTES));
        refuses("line_too_long", () -> Envelope.call(1L, "log/message", large));
    }

    private static Object parse(String text) {
        return Json.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void holds(boolean fact) {
        if (!fact) {
            throw new AssertionError("does not hold");
        }
    }

    private static void refuses(String reason, Supplier<?> attempt) {
        Object made;
        try {
            made = attempt.get();
        } catch (WireException refused) {
            holds(refused.reason().equals(reason));
            return;
        }
        throw new AssertionError("accepted: " + made);
    }
}
