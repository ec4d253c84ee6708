package dev.koru.protocol;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Reads the vectors in the folder named by the only argument (its README says how), against the Java side of the wire.
 * Prints how many were checked, then one line for each that failed; exit status 1 if there are any.
 */
public final class Vectors {
    private int checked;
    private final List<String> failures = new ArrayList<>();

    public static void main(String[] arguments) throws IOException {
        var vectors = new Vectors();
        try (var files = Files.list(Path.of(arguments[0]))) {
            for (var file : files.filter(path -> path.toString().endsWith(".jsonl")).sorted().toList()) {
                for (var line : Files.readString(file).split("\n")) {
                    vectors.check(object(Json.parse(line.getBytes(StandardCharsets.UTF_8))));
                }
            }
        }
        System.out.println(vectors.checked);
        vectors.failures.forEach(System.out::println);
        System.exit(vectors.failures.isEmpty() ? 0 : 1);
    }

    private void check(Map<?, ?> vector) {
        var kind = Objects.requireNonNullElse(vector.get("kind"), "hash");
        if (kind.equals("conversation")) {
            return;
        }
        checked++;
        try {
            switch ((String) kind) {
                case "params", "result", "error" -> checkMessage(vector);
                case "line" -> checkLine(vector);
                case "hash" -> checkHash(vector);
                default -> throw new AssertionError("unknown kind " + kind);
            }
        } catch (AssertionError | RuntimeException failure) {
            failures.add(vector.get("name") + ": " + failure);
        }
    }

    private static void checkMessage(Map<?, ?> vector) {
        var decoder = decoder(vector);
        if (vector.get("valid").equals(true)) {
            var expected = vector.containsKey("encoded") ? vector.get("encoded") : vector.get("wire");
            var written = Json.write(decoder.decode(vector.get("wire")).encode());
            equal(expected, Json.parse(written));
            return;
        }
        try {
            decoder.decode(vector.get("wire"));
        } catch (WireException refused) {
            equal(vector.get("where"), refused.where());
            return;
        }
        throw new AssertionError("accepted");
    }

    private static Messages.Decoder decoder(Map<?, ?> vector) {
        if (vector.containsKey("type")) {
            equal("ErrorObject", vector.get("type"));
            return Messages.ErrorObject::decode;
        }
        var method = Messages.METHODS.get(vector.get("method"));
        return vector.get("kind").equals("params") ? method.params() : method.result();
    }

    private static void checkLine(Map<?, ?> vector) {
        var found = understood(lineOf(vector));
        if (vector.get("valid").equals(true)) {
            equal(vector.get("is"), found.is());
            if (vector.containsKey("params") && !vector.containsKey("pad_to")) {
                equal(vector.get("params"), found.params());
            }
        } else {
            equal("refused " + vector.get("reason"), found.is());
        }
    }

    private record Understood(String is, Object params) {}

    private static Understood understood(byte[] line) {
        var read = Envelope.read(line);
        if (read instanceof Envelope.Refused refused) {
            return new Understood("refused " + refused.error().reason(), null);
        }
        if (read instanceof Envelope.Reply reply) {
            return new Understood(reply.error() == null ? "result" : "error", null);
        }
        var call = (Envelope.Call) read;
        var method = Messages.METHODS.get(call.method());
        if (method == null) {
            return new Understood("refused unknown_method", null);
        }
        if ((call.id() == null) != (method.result() == null)) {
            return new Understood("refused invalid_request", null);
        }
        try {
            var params = Json.parse(Json.write(method.params().decode(call.params()).encode()));
            return new Understood(call.id() == null ? "notification" : "request", params);
        } catch (WireException refused) {
            return new Understood("refused " + refused.reason(), null);
        }
    }

    private static byte[] lineOf(Map<?, ?> vector) {
        if (vector.get("base64") instanceof String encoded) {
            return Base64.getDecoder().decode(encoded);
        }
        var line = (String) vector.get("line");
        if (vector.get("pad_to") instanceof Long size) {
            var missing = size.intValue() - line.getBytes(StandardCharsets.UTF_8).length + "<pad>".length();
            line = line.replace("<pad>", "x".repeat(missing));
        }
        return line.getBytes(StandardCharsets.UTF_8);
    }

    private static void checkHash(Map<?, ?> vector) {
        equal(vector.get("normalised"), TextHash.normalise((String) vector.get("text")));
        equal(vector.get("sha256"), TextHash.of((String) vector.get("text")));
    }

    private static Map<?, ?> object(Object value) {
        return (Map<?, ?>) value;
    }

    private static void equal(Object expected, Object found) {
        if (!Objects.equals(expected, found)) {
            throw new AssertionError("expected " + expected + ", found " + found);
        }
    }
}
