package dev.koru.drive;

import static dev.koru.Suite.check;
import static dev.koru.Suite.equal;

import dev.koru.chat.Way;
import dev.koru.protocol.Messages.ChannelGrade;
import dev.koru.protocol.Messages.ChatTarget;
import dev.koru.protocol.Messages.DeliverParams;
import dev.koru.protocol.Messages.Disposition;
import dev.koru.protocol.Messages.FactKind;
import dev.koru.protocol.TextHash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The delivery against an IDE that fails at every step. */
public final class ChatDeliveryTest {
    private static final String TEXT = "say \"żółć\"\nplease";

    private static DeliverParams params(String text, boolean submit) {
        var target = new ChatTarget(null, false, null);
        var sha = TextHash.of(text);
        return new DeliverParams("d1", 1, "fake", Way.FIELD.id(), text, sha, submit, target, 1_500);
    }

    private static Task task(String text, boolean submit) {
        return new Task(params(text, submit), () -> {}, fact -> {});
    }

    private static Ending act(FakeIde ide, Task task) {
        return new ChatDelivery(ide, ide).act(FakeIde.PLACE, task);
    }

    private static List<String> kinds(Task task) {
        return task.facts().stream().map(fact -> fact.kind() + "@" + fact.grade()).toList();
    }

    public static void sendsAndReadsBack() {
        var ide = new FakeIde();
        var task = task(TEXT, true);
        equal(Ending.DONE, act(ide, task));
        equal(List.of(TEXT), ide.transcript);
        equal(List.of("INSERTED@READBACK", "SUBMITTED@READBACK"), kinds(task));
    }

    public static void aDraftIsLeftForAPerson() {
        var ide = new FakeIde();
        var task = task(TEXT, false);
        equal(Ending.DONE, act(ide, task));
        equal(TEXT, ide.text);
        equal(List.of(), ide.transcript);
        equal(List.of("INSERTED@READBACK"), kinds(task));
    }

    public static void foreignLineEndsArriveAsOurs() {
        var ide = new FakeIde();
        equal(Ending.DONE, act(ide, task("a\r\nb\rc", true)));
        equal(List.of("a\nb\nc"), ide.transcript);
    }

    public static void whatIsAbsentIsABlockerAndTouchesNothing() {
        refused("no_chat_agent", ide -> ide.hasWindow = false);
        refused("command_unavailable", ide -> ide.hasAction = false);
        refused("input_unreadable", ide -> ide.inputFrom = Long.MAX_VALUE);
        refused("input_busy", ide -> ide.text = "a draft of the operator");
    }

    private interface Change {
        void to(FakeIde ide);
    }

    private static void refused(String blocker, Change change) {
        var ide = new FakeIde();
        change.to(ide);
        var before = ide.text;
        var touched = new ArrayList<String>();
        var task = new Task(params(TEXT, true), () -> touched.add("touched"), fact -> {});
        var ending = act(ide, task);
        equal(blocker, ending.blocker());
        equal(Disposition.DECLINED, ending.disposition());
        equal(before, ide.text);
        equal(List.of(), ide.transcript);
        check(!ide.calls.contains("replace") && !ide.calls.contains("send"), "something was touched: " + ide.calls);
    }

    public static void aNulIsRefusedBeforeAnythingIsAsked() {
        var ide = new FakeIde();
        equal("text_unsupported", act(ide, task("a\0b", true)).blocker());
        equal(List.of(), ide.calls);
    }

    public static void aLateInputIsWaitedFor() {
        var ide = new FakeIde();
        ide.inputFrom = ChatDelivery.FOUND_MS - 2 * ChatDelivery.LOOK_AGAIN_MS;
        equal(Ending.DONE, act(ide, task(TEXT, true)));
    }

    public static void anInputThatGoesAwayBeforeItIsTouchedIsLookedForAgain() {
        var ide = new FakeIde();
        // canSend, show, find, read
        ide.troubles.put(3, each -> { throw new IdeException(IdeException.Kind.GONE, "on purpose"); });
        equal(Ending.DONE, act(ide, task(TEXT, true)));
        equal(List.of(TEXT), ide.transcript);
    }

    public static void aSendThatIsEnabledLateIsWaitedFor() {
        var ide = new FakeIde();
        ide.sendFrom = ChatDelivery.ENABLED_MS / 2;
        equal(Ending.DONE, act(ide, task(TEXT, true)));
        equal(1, ide.transcript.size());
    }

    public static void aSendThatStaysDisabledTakesTheTextOutAgain() {
        var ide = new FakeIde();
        ide.isSendEnabled = false;
        var task = task(TEXT, true);
        equal("send_disabled", act(ide, task).blocker());
        equal("", ide.text);
        equal(List.of("INSERTED@READBACK", "WITHDRAWN@READBACK"), kinds(task));
    }

    public static void aTextThatStaysIsNotCalledSent() {
        var ide = new FakeIde();
        ide.keepsText = true;
        var task = task(TEXT, true);
        equal(Disposition.LOST, act(ide, task).disposition());
        equal(List.of("INSERTED@READBACK"), kinds(task));
    }

    /** The lie that reading cannot see: it is told at no more than readback, and a witness is the daemon's affair. */
    public static void aSendThatDropsTheTextIsReadbackAtMost() {
        var ide = new FakeIde();
        ide.dropsText = true;
        var task = task(TEXT, true);
        equal(Ending.DONE, act(ide, task));
        check(task.facts().stream().noneMatch(fact -> fact.grade() == ChannelGrade.HOST), "it claims more than it saw");
    }

    public static void anInputThatChangesWhatItTakesIsLost() {
        var ide = new FakeIde();
        ide.insertedAs = "something else";
        var task = task(TEXT, true);
        equal(Disposition.LOST, act(ide, task).disposition());
        equal(List.of(), ide.transcript);
        equal(List.of("INSERTED@CLAIM"), kinds(task));
    }

    /** The input ends its lines with a new line of its own: the same prompt, so it is sent only as it stands there. */
    public static void anInputThatAddsALineEndIsNotSentUnderOurName() {
        var ide = new FakeIde();
        ide.insertedAs = TEXT + "\n";
        equal(Disposition.LOST, act(ide, task(TEXT, true)).disposition());
        equal(List.of(), ide.transcript);
    }

    public static void typingBetweenLookAndInsertIsRefused() {
        var ide = new FakeIde();
        // canSend, show, find, read, replace
        ide.troubles.put(4, each -> each.text = "typed");
        equal("input_busy", act(ide, task(TEXT, true)).blocker());
        equal("typed", ide.text);
    }

    public static void typingBetweenInsertAndSendIsNeverSent() {
        var ide = new FakeIde();
        ide.troubles.put(6, each -> each.text = TEXT + " and more");
        equal(Disposition.LOST, act(ide, task(TEXT, true)).disposition());
        equal(List.of(), ide.transcript);
        equal(TEXT + " and more", ide.text);
    }

    public static void aJournalThatCannotBeWrittenStopsEverything() {
        var ide = new FakeIde();
        var task = new Task(params(TEXT, true), () -> { throw new IOException("full"); }, fact -> {});
        equal("journal_unwritable", act(ide, task).blocker());
        equal("", ide.text);
    }

    /** At every call, with every kind of failure: never two turns, never a refusal over a text that is still there. */
    public static void everyFailureAtEveryCallEndsTruly() {
        for (var kind : IdeException.Kind.values()) {
            for (var at = 0; at < 9; at++) {
                var ide = new FakeIde();
                ide.troubles.put(at, each -> { throw new IdeException(kind, "on purpose"); });
                truthful(ide, kind + " at call " + at);
            }
        }
    }

    public static void everyCrashAtEveryCallEndsTruly() {
        for (var at = 0; at < 9; at++) {
            var ide = new FakeIde();
            ide.troubles.put(at, each -> { throw new IllegalStateException("on purpose"); });
            truthful(ide, "crash at call " + at);
        }
    }

    public static void cancelledAtEveryCallEndsTruly() {
        for (var at = 0; at < 9; at++) {
            var ide = new FakeIde();
            var task = task(TEXT, true);
            ide.troubles.put(at, each -> task.cancel());
            var ending = act(ide, task);
            truthful(ide, task, ending, "cancelled at call " + at);
            check(at >= 6 || ide.transcript.isEmpty(), "sent though cancelled at call " + at);
        }
    }

    private static Task given(Way way, boolean submit) {
        var target = new ChatTarget(null, false, null);
        var params = new DeliverParams("d1", 1, "fake", way.id(), TEXT, TextHash.of(TEXT), submit, target, 1_500);
        return new Task(params, () -> {}, fact -> {});
    }

    public static void whatIsGivenAwayIsAClaimAtMost() {
        for (var way : List.of(Way.SERVICE, Way.SCRIPT)) {
            var ide = new FakeIde();
            var task = given(way, true);
            equal(Ending.DONE, act(ide, task));
            equal(List.of(TEXT), ide.transcript);
            equal(List.of("SUBMITTED@CLAIM"), kinds(task));
            equal(List.of("show", "give"), ide.calls);
        }
    }

    public static void whatIsOnTheClipboardIsNotSent() {
        var ide = new FakeIde();
        var task = given(Way.CLIPBOARD, true);
        var ending = act(ide, task);
        equal(Disposition.LOST, ending.disposition());
        check(ending.message().contains("clipboard"), ending.message());
        equal(List.of(), kinds(task));
    }

    public static void whatNothingTakesIsRefused() {
        var ide = new FakeIde();
        ide.takes = false;
        equal("command_unavailable", act(ide, given(Way.SERVICE, true)).blocker());
        ide.hasWindow = false;
        equal("no_chat_agent", act(ide, given(Way.SERVICE, true)).blocker());
        equal("interface_unavailable", act(ide, given(Way.CLIPBOARD, false)).blocker());
        equal(List.of(), ide.transcript);
    }

    public static void everyFailureWhileGivingAwayEndsTruly() {
        for (var kind : IdeException.Kind.values()) {
            for (var at = 0; at < 2; at++) {
                var ide = new FakeIde();
                ide.troubles.put(at, each -> { throw new IdeException(kind, "on purpose"); });
                var task = given(Way.SCRIPT, true);
                truthful(ide, task, act(ide, task), kind + " at call " + at);
            }
        }
        for (var at = 0; at < 2; at++) {
            var ide = new FakeIde();
            ide.troubles.put(at, each -> { throw new IllegalStateException("on purpose"); });
            var task = given(Way.SERVICE, true);
            var ending = act(ide, task);
            truthful(ide, task, ending, "crash at call " + at);
            equal(at == 0 ? Disposition.DECLINED : Disposition.LOST, ending.disposition());
        }
    }

    private static void truthful(FakeIde ide, String when) {
        var task = task(TEXT, true);
        truthful(ide, task, act(ide, task), when);
    }

    private static void truthful(FakeIde ide, Task task, Ending ending, String when) {
        check(ide.transcript.size() <= 1, when + ": sent twice");
        if (ending.disposition() == Disposition.DECLINED) {
            check(ide.transcript.isEmpty() && ide.text.isEmpty(), when + ": refused, and something is there");
        }
        if (task.facts().stream().anyMatch(fact -> fact.kind() == FactKind.SUBMITTED)) {
            check(ide.transcript.size() == 1, when + ": told as sent, and it was not");
        }
    }
}
