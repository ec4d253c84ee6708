package dev.koru.link;

import dev.koru.protocol.Messages.Message;

/** Answers one method. May block: it runs in a thread of its own. Refuses by WireException. */
@FunctionalInterface
public interface Handler {
    Message answer(Message params) throws Exception;
}
