package dev.koru.link;

import dev.koru.protocol.Messages.ErrorObject;

/** What the other side refused with. {@code reason} may be a word of a newer peer. */
public final class RemoteException extends Exception {
    private static final long serialVersionUID = 1;

    private final String reason;

    public RemoteException(ErrorObject error) {
        super(error.message());
        reason = error.data() == null ? "internal" : error.data().reason();
    }

    public RemoteException(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    public String reason() {
        return reason;
    }
}
