package dev.koru.drive;

import dev.koru.chat.Way;
import dev.koru.drive.IdePort.Input;
import dev.koru.drive.IdePort.Place;
import dev.koru.protocol.Messages.ChannelGrade;
import dev.koru.protocol.Messages.FactKind;
import dev.koru.protocol.TextHash;
import java.io.IOException;

/**
 * Puts a text into a chat's input and sends it there: show, find, look for a draft, insert, read back, send, read again.
 * Each step has its own limit; a wait is for a condition. Knows no IDE.
 */
public final class ChatDelivery {
    static final long FOUND_MS = 4_000;
    static final long ENABLED_MS = 3_000;
    static final long SENT_MS = 5_000;
    static final long LOOK_AGAIN_MS = 20;

    private final IdePort port;
    private final Clock clock;

    public ChatDelivery(IdePort port, Clock clock) {
        this.port = port;
        this.clock = clock;
    }

    /** Never throws, whatever the IDE does. */
    public Ending act(Place place, Task task) {
        var began = port.uiNanos();
        var run = new Run(place, task);
        try {
            var way = Way.of(task.params().interface_());
            return way == Way.FIELD ? run.whole() : run.give(way);
        } catch (IdeException failed) {
            return run.failed(failed);
        } catch (IOException unwritable) {
            return Ending.declined(Blocker.JOURNAL_UNWRITABLE, "the journal of this IDE cannot be written; nothing was touched");
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            return run.stopped("the plugin was unloaded");
        } catch (Exception | Error failed) {
            return run.stopped("the delivery failed with " + failed.getClass().getSimpleName());
        } finally {
            task.note("windows_thread", (port.uiNanos() - began) / 1_000 + " us");
        }
    }

    private final class Run {
        private final Place place;
        private final Task task;
        private final String text;
        private Input input;
        private String found;
        private boolean isFilled;
        private boolean isSent;

        Run(Place place, Task task) {
            this.place = place;
            this.task = task;
            this.text = task.params().text().replace("\r\n", "\n").replace('\r', '\n');
        }

        Ending whole() throws Exception {
            var refusal = lookFirst();
            if (refusal != null) {
                return refusal;
            }
            if (task.isCancelled()) {
                return cancelled();
            }
            task.touch();
            var refused = insert();
            if (refused != null) {
                return refused;
            }
            return task.params().submit() ? send() : Ending.DONE;
        }

        /** Gives the text away where no input can be read: a claim at most, and never a second time. */
        Ending give(Way way) throws Exception {
            if (!task.params().submit()) {
                return Ending.declined(Blocker.INTERFACE_UNAVAILABLE, "this way only sends, and a draft was asked for");
            }
            var refusal = hasNul() ? nul() : show();
            if (refusal != null) {
                return refusal;
            }
            if (task.isCancelled()) {
                return cancelled();
            }
            task.touch();
            if (!task.step("give", way.id(), () -> port.give(place, way, text))) {
                return Ending.declined(Blocker.COMMAND_UNAVAILABLE, "this IDE has nothing that takes it by " + way.id());
            }
            if (way == Way.CLIPBOARD) {
                return Ending.lost("the text is on the IDE's clipboard, and a person was asked to paste and send it");
            }
            task.learn(FactKind.SUBMITTED, ChannelGrade.CLAIM, "nothing can be read back on this way");
            return Ending.DONE;
        }

        private boolean hasNul() {
            return text.indexOf('\0') >= 0;
        }

        private static Ending nul() {
            return Ending.declined(Blocker.TEXT_UNSUPPORTED, "the text holds a NUL, which no input of an IDE takes");
        }

        /** Null when the chat's window is shown. */
        private Ending show() throws Exception {
            return task.step("show", place.chat().toolWindow(), () -> port.show(place))
                    ? null
                    : Ending.declined(Blocker.NO_CHAT_AGENT, "the IDE has no tool window " + place.chat().toolWindow());
        }

        /** Why nothing can be put there now; nothing is touched by looking. */
        private Ending lookFirst() throws Exception {
            if (hasNul()) {
                return nul();
            }
            if (task.params().submit() && !task.step("look_for_send", place.chat().sendAction(), this::canSend)) {
                return Ending.declined(Blocker.COMMAND_UNAVAILABLE, "the IDE has no action " + place.chat().sendAction());
            }
            var hidden = show();
            if (hidden != null) {
                return hidden;
            }
            task.step("find_input", null, () -> {
                within(FOUND_MS, () -> (found = look()) != null || task.isCancelled());
                return found;
            });
            if (found == null && !task.isCancelled()) {
                var window = place.chat().toolWindow();
                return Ending.declined(Blocker.INPUT_UNREADABLE, "no input was found in " + window + " within its time");
            }
            return null;
        }

        /** What the input holds, null while there is none. A window that is being laid out may take it away again. */
        private String look() throws IdeException {
            input = port.find(place);
            try {
                return input == null ? null : port.read(input);
            } catch (IdeException failed) {
                if (failed.kind() != IdeException.Kind.GONE) {
                    throw failed;
                }
                return null;
            }
        }

        private boolean canSend() throws IdeException {
            return place.chat().sendAction() != null && port.canSend(place);
        }

        /** Null when the input holds our text and nothing else. */
        private Ending insert() throws Exception {
            if (!isBlank(found)) {
                return Ending.declined(Blocker.INPUT_BUSY, "there is a draft in the input of the chat");
            }
            if (!task.step("insert", null, () -> port.replace(input, found, text))) {
                return Ending.declined(Blocker.INPUT_BUSY, "somebody was typing in the input of the chat");
            }
            isFilled = true;
            if (!holdsOurs(task.step("read_back", null, () -> port.read(input)))) {
                task.learn(FactKind.INSERTED, ChannelGrade.CLAIM, "the input shows another text than was put there");
                return Ending.lost("the text was put into the input, and the input shows another");
            }
            task.learn(FactKind.INSERTED, ChannelGrade.READBACK, null);
            return null;
        }

        private Ending send() throws Exception {
            var action = place.chat().sendAction();
            var sent = task.step("send", action, () -> {
                var last = new IdePort.Send[1];
                within(ENABLED_MS, () -> {
                    last[0] = task.isCancelled() ? null : port.send(place, input, text);
                    return last[0] != IdePort.Send.DISABLED;
                });
                return last[0];
            });
            if (sent == null) {
                return withdraw(Blocker.CANCELLED, "it was cancelled before it was sent");
            }
            return switch (sent) {
                case DONE -> confirm();
                case CHANGED -> Ending.lost("the input was changed by somebody else before the text was sent");
                case ABSENT -> withdraw(Blocker.COMMAND_UNAVAILABLE, "the action " + action + " went away");
                case DISABLED -> withdraw(Blocker.SEND_DISABLED, "the action " + action + " stayed disabled");
            };
        }

        private Ending confirm() throws Exception {
            isSent = true;
            var last = new String[] {text};
            var gone = task.step("read_after", null, () -> {
                try {
                    within(SENT_MS, () -> isBlank(last[0] = port.read(input)));
                    return false;
                } catch (IdeException failed) {
                    if (failed.kind() != IdeException.Kind.GONE) {
                        throw failed;
                    }
                    return true;
                }
            });
            if (gone) {
                task.learn(FactKind.SUBMITTED, ChannelGrade.CLAIM, "the input went away when the text was sent");
                return Ending.DONE;
            }
            if (isBlank(last[0])) {
                task.learn(FactKind.SUBMITTED, ChannelGrade.READBACK, null);
                return Ending.DONE;
            }
            // Not taken out again: a chat that is only slow would send it all the same.
            return Ending.lost(
                    holdsOurs(last[0])
                            ? "the text is still in the input; nothing shows that it was sent"
                            : "the input was changed by somebody else; nothing shows that the text was sent");
        }

        /** The text was never sent: it is taken out again, or it is said that it is still there. */
        private Ending withdraw(Blocker blocker, String why) {
            try {
                if (task.step("withdraw", null, () -> port.replace(input, text, ""))
                        && isBlank(port.read(input))) {
                    task.learn(FactKind.WITHDRAWN, ChannelGrade.READBACK, why);
                    return Ending.declined(blocker, why + "; the text was taken out again");
                }
            } catch (Exception stays) {
                // Said below.
            }
            return Ending.lost(why + "; the text is left in the input");
        }

        Ending failed(IdeException failed) {
            var why = failed.getMessage();
            if (failed.kind() == IdeException.Kind.STUCK || isSent) {
                return stopped(why);
            }
            var blocker = switch (failed.kind()) {
                case DIALOG -> Blocker.BLOCKED_BY_DIALOG;
                case GONE -> Blocker.PROJECT_CLOSED;
                default -> Blocker.WINDOW_UNRESPONSIVE;
            };
            return isFilled ? withdraw(blocker, why) : Ending.declined(blocker, why);
        }

        Ending stopped(String why) {
            return task.wasTouched()
                    ? Ending.lost(why + ", after something was touched")
                    : Ending.declined(Blocker.WINDOW_UNRESPONSIVE, why + ", before anything was touched");
        }

        private Ending cancelled() {
            return Ending.declined(Blocker.CANCELLED, "it was cancelled before anything was touched");
        }

        private boolean holdsOurs(String held) {
            return TextHash.of(held).equals(task.params().textSha());
        }
    }

    private static boolean isBlank(String text) {
        return TextHash.normalise(text).isEmpty();
    }

    @FunctionalInterface
    private interface Look {
        boolean isMet() throws Exception;
    }

    private void within(long milliseconds, Look look) throws Exception {
        var until = clock.now() + milliseconds;
        while (!look.isMet() && clock.now() < until) {
            clock.pause(LOOK_AGAIN_MS);
        }
    }
}
