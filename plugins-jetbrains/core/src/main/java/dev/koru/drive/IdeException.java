package dev.koru.drive;

/** The IDE did not do what was asked of it. */
public final class IdeException extends Exception {
    private static final long serialVersionUID = 1;

    /** What is known of it. */
    public enum Kind {
        /** A modal dialog is open; what was asked will not be done any more. */
        DIALOG,
        /** The IDE did not come to it in time; it will not be done any more. */
        BUSY,
        /** The project, the tool window or the input is not there any more; nothing was done. */
        GONE,
        /** It was begun and has not ended in time, or ended with an error: whether it was done is not known. */
        STUCK
    }

    private final Kind kind;

    public IdeException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
