package dev.koru.drive;

import dev.koru.protocol.Messages.Disposition;

/** How a delivery ended. {@code blocker} and {@code message} belong to declined, {@code message} to lost. */
public record Ending(Disposition disposition, String blocker, String message) {
    public static final Ending DONE = new Ending(Disposition.DONE, null, null);

    /** Nothing was touched, or what was is proven to be back. The daemon knows the word from its registry. */
    public static Ending declined(Blocker blocker, String message) {
        return new Ending(Disposition.DECLINED, blocker.word(), message);
    }

    /** Something was touched, and nobody can tell what came of it. */
    public static Ending lost(String message) {
        return new Ending(Disposition.LOST, null, message);
    }
}
