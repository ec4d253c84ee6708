package dev.koru.protocol;

/** A refusal, in the words of the wire. Never holds a part of the value that was refused. */
public final class WireException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String reason;
    private final String where;

    public WireException(String reason, String message, String where) {
        super(message);
        this.reason = reason;
        this.where = where;
    }

    /** The stable word, such as {@code parse_error}. */
    public String reason() {
        return reason;
    }

    /** The field, such as {@code facts.0.kind}; null for the whole. */
    public String where() {
        return where;
    }
}
