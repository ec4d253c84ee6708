package dev.koru.drive;

import dev.koru.chat.Chat;
import dev.koru.chat.Way;

/**
 * What a delivery needs of the IDE. Each call is one visit to the thread that owns the windows, bounded in time, and
 * throws IdeException. Nothing here decides anything.
 */
public interface IdePort {
    /** One chat in one project. {@code project} is an id that the port gave out. */
    record Place(String project, Chat chat) {}

    /** An input box, held by the port; only the port that gave it out can use it. */
    interface Input {}

    /** What the Send action would do. CHANGED: the input does not hold the text that was named. */
    enum Send { DONE, ABSENT, DISABLED, CHANGED }

    /** Shows the chat's tool window without giving it the focus. False: this project has no such window. */
    boolean show(Place place) throws IdeException;

    /** The chat's input, null while there is none. */
    Input find(Place place) throws IdeException;

    String read(Input input) throws IdeException;

    /** Puts {@code text} there if the input still holds {@code expected}; gives whether it did. */
    boolean replace(Input input, String expected, String text) throws IdeException;

    /** Whether the chat's Send action is there at all. */
    boolean canSend(Place place) throws IdeException;

    /** Runs the chat's Send action on the input if it still holds {@code expected} and the action is enabled. */
    Send send(Place place, Input input, String expected) throws IdeException;

    /** Gives the text away by a way that is no field. False: this IDE has nothing to give it to; nothing was done. */
    boolean give(Place place, Way way, String text) throws IdeException;

    /** Time spent so far in the thread that owns the windows, in nanoseconds. */
    default long uiNanos() {
        return 0;
    }
}
