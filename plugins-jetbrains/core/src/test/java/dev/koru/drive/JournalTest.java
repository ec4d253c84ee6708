package dev.koru.drive;

import static dev.koru.Suite.check;
import static dev.koru.Suite.equal;

import dev.koru.protocol.Messages.ChannelGrade;
import dev.koru.protocol.Messages.FactKind;
import dev.koru.protocol.Messages.FactReport;
import dev.koru.protocol.Messages.JournalState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

/** What was acknowledged is still there, wherever the file was cut. */
public final class JournalTest {
    private static Path folder() throws IOException {
        return Files.createTempDirectory("journal").resolve("deep/journal.jsonl");
    }

    private static JournalEntry entry(String id, JournalState state) {
        var fact = new FactReport(FactKind.INSERTED, ChannelGrade.READBACK, 5, "0".repeat(64), null, "żółć");
        var ended = state == JournalState.SUBMITTED ? Ending.declined(Blocker.INPUT_BUSY, "as it was") : null;
        return new JournalEntry(id, state, 7, 42, List.of(fact), "0".repeat(64), ended);
    }

    public static void isReadBackWhole() throws IOException {
        var path = folder();
        try (var journal = Journal.open(path)) {
            journal.write(entry("a", JournalState.TOUCHED));
            journal.write(entry("a", JournalState.SUBMITTED));
        }
        try (var again = Journal.open(path)) {
            equal(entry("a", JournalState.SUBMITTED), again.find("a"));
            equal(null, again.find("b"));
        }
    }

    public static void cutAtEveryByteKeepsEveryWholeLine() throws IOException {
        var path = folder();
        try (var journal = Journal.open(path)) {
            journal.write(entry("a", JournalState.TOUCHED));
            journal.write(entry("b", JournalState.SUBMITTED));
        }
        var whole = Files.readAllBytes(path);
        var first = new String(whole, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf('\n');
        for (var length = 0; length <= whole.length; length++) {
            Files.write(path, Arrays.copyOf(whole, length), StandardOpenOption.TRUNCATE_EXISTING);
            try (var cut = Journal.open(path)) {
                equal(length > first, cut.find("a") != null);
                equal(length == whole.length, cut.find("b") != null);
                cut.write(entry("c", JournalState.BEGUN));
            }
            try (var after = Journal.open(path)) {
                check(after.find("c") != null, "a line after a cut was lost, cut at " + length);
            }
        }
    }

    public static void keepsTheLastDrivesAndStaysSmall() throws IOException {
        var path = folder();
        try (var journal = Journal.open(path)) {
            for (var at = 0; at < Journal.LINES_MAX + 50; at++) {
                journal.write(entry("d" + at % (Journal.DRIVES_MAX + 10), JournalState.TOUCHED));
            }
            check(journal.find("d0") == null || journal.find("d" + Journal.DRIVES_MAX) != null, "the oldest goes first");
        }
        try (var lines = Files.lines(path)) {
            check(lines.count() < Journal.LINES_MAX, "it was never made short");
        }
    }

    public static void nobodyElseMayRead() throws IOException {
        var path = folder();
        Journal.open(path).close();
        equal("rw-------", java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
    }
}
