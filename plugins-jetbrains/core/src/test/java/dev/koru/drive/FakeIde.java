package dev.koru.drive;

import dev.koru.chat.Chat;
import dev.koru.chat.Way;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An IDE with one chat that does as it is told, and at a named call something else. Its clock never waits. */
final class FakeIde implements IdePort, Clock {
    static final Chat CHAT = new Chat(
            "fake", "Fake", "Fake Chat", "editor", null, "Fake.Send", "verified", null, null, null, null, null, Set.of());
    static final Place PLACE = new Place("project", CHAT);

    String text = "";
    final List<String> transcript = new ArrayList<>();
    final List<String> calls = new ArrayList<>();
    /** What happens at the n-th call, counted from 0. */
    final Map<Integer, Trouble> troubles = new HashMap<>();
    boolean hasWindow = true;
    boolean hasAction = true;
    boolean takes = true;
    boolean isSendEnabled = true;
    boolean dropsText;
    boolean keepsText;
    String insertedAs;
    long inputFrom;
    long sendFrom;
    long now;

    interface Trouble {
        void strike(FakeIde ide) throws IdeException;
    }

    private void call(String name) throws IdeException {
        calls.add(name);
        var trouble = troubles.get(calls.size() - 1);
        if (trouble != null) {
            trouble.strike(this);
        }
    }

    @Override
    public boolean show(Place place) throws IdeException {
        call("show");
        return hasWindow;
    }

    @Override
    public Input find(Place place) throws IdeException {
        call("find");
        return now >= inputFrom ? new Input() {} : null;
    }

    @Override
    public String read(Input input) throws IdeException {
        call("read");
        return text;
    }

    @Override
    public boolean replace(Input input, String expected, String replacement) throws IdeException {
        call("replace");
        if (!text.equals(expected)) {
            return false;
        }
        text = insertedAs == null || replacement.isEmpty() ? replacement : insertedAs;
        return true;
    }

    @Override
    public boolean canSend(Place place) throws IdeException {
        call("canSend");
        return hasAction;
    }

    @Override
    public Send send(Place place, Input input, String expected) throws IdeException {
        call("send");
        if (!text.equals(expected)) {
            return Send.CHANGED;
        }
        if (!hasAction) {
            return Send.ABSENT;
        }
        if (!isSendEnabled || now < sendFrom) {
            return Send.DISABLED;
        }
        if (!dropsText) {
            transcript.add(text);
        }
        text = keepsText ? text : "";
        return Send.DONE;
    }

    @Override
    public boolean give(Place place, Way way, String given) throws IdeException {
        call("give");
        if (takes) {
            transcript.add(given);
        }
        return takes;
    }

    @Override
    public long now() {
        return now;
    }

    @Override
    public void pause(long milliseconds) {
        now += milliseconds;
    }
}
