package dev.koru.drive;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What this IDE did for which drive, on disk before it is done: one JSON line a change, fsynced, never a prompt. A line
 * cut off by a crash is dropped; everything that was acknowledged before it is kept.
 */
public final class Journal implements Closeable {
    static final int DRIVES_MAX = 1_000;
    static final int LINES_MAX = 8 * DRIVES_MAX;

    private final Path path;
    private final Map<String, JournalEntry> entries = new LinkedHashMap<>();
    private FileChannel file;
    private int lines;

    private Journal(Path path) {
        this.path = path;
    }

    /** Reads what is there and keeps the last DRIVES_MAX drives. */
    public static Journal open(Path path) throws IOException {
        Files.createDirectories(path.getParent());
        var journal = new Journal(path);
        if (Files.exists(path)) {
            journal.read(Files.readAllBytes(path));
        }
        journal.rewrite();
        return journal;
    }

    /** Null for a drive it never heard of. */
    public synchronized JournalEntry find(String driveId) {
        return entries.get(driveId);
    }

    /** On disk when it returns. Throws when it could not be written; then nothing may be done on its strength. */
    public synchronized void write(JournalEntry entry) throws IOException {
        var before = file.position();
        try {
            append(file, entry);
            file.force(false);
        } catch (IOException error) {
            // Half a line would swallow the next one.
            file.truncate(before);
            throw error;
        }
        remember(entry);
        if (++lines > LINES_MAX) {
            var old = file;
            rewrite();
            old.close();
        }
    }

    @Override
    public synchronized void close() throws IOException {
        file.close();
    }

    private void read(byte[] bytes) {
        var start = 0;
        for (var at = 0; at < bytes.length; at++) {
            if (bytes[at] != '\n') {
                continue;
            }
            var entry = JournalEntry.decode(Arrays.copyOfRange(bytes, start, at));
            if (entry != null) {
                remember(entry);
            }
            start = at + 1;
        }
        // What follows the last \n was never acknowledged.
    }

    private void remember(JournalEntry entry) {
        // Taken out first, so that the order is that of the last change.
        entries.remove(entry.driveId());
        entries.put(entry.driveId(), entry);
        if (entries.size() > DRIVES_MAX) {
            entries.remove(entries.keySet().iterator().next());
        }
    }

    /** Writes all entries beside the file, puts them in its place, and goes on appending to them. */
    private void rewrite() throws IOException {
        var fresh = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        var own = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        Files.createFile(fresh, own);
        var next = FileChannel.open(fresh, StandardOpenOption.WRITE);
        for (var entry : entries.values()) {
            append(next, entry);
        }
        next.force(true);
        Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (var folder = FileChannel.open(path.getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
        file = next;
        lines = entries.size();
    }

    private static void append(FileChannel file, JournalEntry entry) throws IOException {
        var row = entry.encode();
        var line = ByteBuffer.wrap(Arrays.copyOf(row, row.length + 1));
        line.put(row.length, (byte) '\n');
        while (line.hasRemaining()) {
            file.write(line);
        }
    }
}
