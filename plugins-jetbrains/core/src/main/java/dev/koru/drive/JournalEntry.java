package dev.koru.drive;

import dev.koru.protocol.Json;
import dev.koru.protocol.Messages.Disposition;
import dev.koru.protocol.Messages.FactReport;
import dev.koru.protocol.Messages.JournalState;
import dev.koru.protocol.WireException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The last word on a drive. {@code ended} is the answer that was given, null while the delivery runs; {@code textSha} is
 * null for a drive that was only asked about. {@code pid}: the process that wrote it.
 */
public record JournalEntry(
        String driveId, JournalState state, long atMs, long pid, List<FactReport> facts, String textSha, Ending ended) {
    byte[] encode() {
        var row = new LinkedHashMap<String, Object>();
        row.put("drive_id", driveId);
        row.put("state", word(state));
        row.put("at_ms", atMs);
        row.put("pid", pid);
        row.put("facts", facts.stream().map(FactReport::encode).toList());
        if (textSha != null) {
            row.put("text_sha", textSha);
        }
        if (ended != null) {
            var end = new LinkedHashMap<String, Object>();
            end.put("disposition", word(ended.disposition()));
            end.put("blocker", ended.blocker());
            end.put("message", ended.message());
            row.put("ended", end);
        }
        return Json.write(row);
    }

    /** Null for a line that is no entry: it was cut off, or written by something else. */
    static JournalEntry decode(byte[] line) {
        try {
            if (!(Json.parse(line) instanceof Map<?, ?> row)) {
                return null;
            }
            var facts = ((List<?>) row.get("facts")).stream().map(FactReport::decode).toList();
            var state = JournalState.valueOf(upper(row.get("state")));
            var at = (Long) row.get("at_ms");
            var ended = row.get("ended") instanceof Map<?, ?> end ? ending(end) : null;
            var sha = (String) row.get("text_sha");
            return new JournalEntry(
                    row.get("drive_id").toString(), state, at, (Long) row.get("pid"), facts, sha, ended);
        } catch (WireException | ClassCastException | NullPointerException | IllegalArgumentException unfit) {
            return null;
        }
    }

    private static Ending ending(Map<?, ?> row) {
        var disposition = Disposition.valueOf(upper(row.get("disposition")));
        return new Ending(disposition, (String) row.get("blocker"), (String) row.get("message"));
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static String upper(Object word) {
        return word.toString().toUpperCase(Locale.ROOT);
    }
}
