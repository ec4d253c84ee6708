package dev.koru.protocol;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.util.HexFormat;

/** When are two texts the same prompt? The daemon answers alike; tests/vectors/text_hash.jsonl holds both to it. */
public final class TextHash {
    private static final String ENDS = "[ \\t\\n\\r\\f\\x0B]+";

    private TextHash() {}

    /** One kind of newline, NFC, no ASCII white space at the ends. */
    public static String normalise(String text) {
        var lines = text.replace("\r\n", "\n").replace('\r', '\n');
        var composed = Normalizer.normalize(lines, Normalizer.Form.NFC);
        return composed.replaceFirst("\\A" + ENDS, "").replaceFirst(ENDS + "\\z", "");
    }

    /** SHA-256 of the normalised text, 64 hexadecimal digits. */
    public static String of(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(normalise(text).getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException("every Java has SHA-256", error);
        }
    }
}
