package dev.koru.drive;

import dev.koru.chat.Way;
import dev.koru.drive.IdePort.Place;
import dev.koru.link.Log;
import dev.koru.protocol.Messages.ChannelGrade;
import dev.koru.protocol.Messages.DeliverParams;
import dev.koru.protocol.Messages.DeliverResult;
import dev.koru.protocol.Messages.Disposition;
import dev.koru.protocol.Messages.FactKind;
import dev.koru.protocol.Messages.FactReport;
import dev.koru.protocol.Messages.JournalState;
import dev.koru.protocol.Messages.LogLevel;
import dev.koru.protocol.Messages.LookupResult;
import dev.koru.protocol.Messages.TraceStep;
import dev.koru.protocol.TextHash;
import dev.koru.protocol.WireException;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Deliveries, each at most once: the journal is asked first and written before anything is touched. */
public final class Drives {
    private static final int CLOSED_MAX = 1_000;
    /** An untouched delivery is answered late rather than as pending: its refusal would reach nobody. */
    private static final long UNTOUCHED_MS = 5_000;
    private static final long BUSY_MS = 1_500;
    private static final long CANCELLED_MS = 1_000;
    private static final long PID = ProcessHandle.current().pid();

    /** Tells a fact that came after the answer. */
    @FunctionalInterface
    public interface Outlet {
        void tell(String surfaceId, String driveId, FactReport fact);
    }

    /** {@code place}: the chat of a surface id, null when there is none now. */
    public record Options(
            Journal journal,
            Function<String, Place> place,
            ChatDelivery delivery,
            Executor threads,
            Outlet outlet,
            Log log) {}

    private record Run(DeliverParams params, Place place, Task task, CompletableFuture<Ending> over) {}

    private final Options options;
    private final Map<String, Run> running = new HashMap<>();
    private final Set<String> closed = new LinkedHashSet<>();

    public Drives(Options options) {
        this.options = options;
    }

    /** Throws WireException invalid_params, unknown_surface or id_conflict. */
    public DeliverResult deliver(DeliverParams params) throws InterruptedException {
        if (TextHash.normalise(params.text()).isEmpty()) {
            throw new WireException("invalid_params", "the text is blank", "text");
        }
        if (!TextHash.of(params.text()).equals(params.textSha())) {
            throw new WireException("invalid_params", "text_sha is not the hash of text", "text_sha");
        }
        var until = System.nanoTime() + BUSY_MS * 1_000_000;
        while (true) {
            var admission = admit(params);
            if (admission.run != null) {
                return answer(admission.run, params);
            }
            if (admission.busy == null) {
                return result(params, admission.ending, admission.facts, List.of());
            }
            // What a witness has confirmed already may still be read here for a moment.
            if (await(admission.busy, Math.max(0, (until - System.nanoTime()) / 1_000_000)) == null) {
                var why = "drive " + admission.busy.params.driveId() + " is being delivered";
                return result(params, Ending.declined(Blocker.SURFACE_BUSY, why), List.of(), List.of());
            }
        }
    }

    /** One of: a run to wait for, another that is in the way, or the answer at once. */
    private record Admission(Run run, Run busy, Ending ending, List<FactReport> facts) {}

    private synchronized Admission admit(DeliverParams params) {
        var joined = running.get(params.driveId());
        if (joined != null) {
            checkSame(params, joined.params.textSha());
            return new Admission(joined, null, null, null);
        }
        var known = replay(params);
        if (known != null) {
            var entry = options.journal.find(params.driveId());
            return new Admission(null, null, known, entry == null ? List.of() : entry.facts());
        }
        var place = options.place.apply(params.surfaceId());
        var refused = turnAway(params, place);
        if (refused != null) {
            return new Admission(null, null, refused, List.of());
        }
        var busy = busy(place);
        return busy != null
                ? new Admission(null, busy, null, null)
                : new Admission(begin(params, place), null, null, null);
    }

    /** What the journal knows. A drive it does not know is closed: it will not be begun here afterwards. */
    public synchronized LookupResult lookup(String driveId) {
        var run = running.get(driveId);
        var entry = options.journal.find(driveId);
        if (run != null) {
            var state = entry == null ? JournalState.BEGUN : entry.state();
            return new LookupResult(driveId, state, run.task.tellFacts(), true, run.params.textSha());
        }
        if (entry == null) {
            close(driveId);
            return new LookupResult(driveId, JournalState.ABSENT, List.of(), false, null);
        }
        return new LookupResult(driveId, stateOf(entry), entry.facts(), false, entry.textSha());
    }

    /** Ends a delivery that has not been sent yet. False when there is none. */
    public synchronized boolean cancel(String driveId) {
        var run = running.get(driveId);
        if (run != null) {
            run.task.cancel();
        }
        return run != null;
    }

    /** Ends all that run: the plugin is going. */
    public synchronized void cancelAll() {
        running.values().forEach(run -> run.task.cancel());
    }

    private Ending replay(DeliverParams params) {
        var entry = options.journal.find(params.driveId());
        if (closed.contains(params.driveId()) || (entry != null && entry.state() == JournalState.ABSENT)) {
            return Ending.declined(Blocker.DRIVE_CLOSED, "this IDE has already said that it never began this drive");
        }
        if (entry == null) {
            return null;
        }
        checkSame(params, entry.textSha());
        if (stateOf(entry) == JournalState.DECLINED) {
            return null;
        }
        return entry.ended() != null ? entry.ended() : Ending.lost("the IDE ended while it acted");
    }

    private static void checkSame(DeliverParams params, String sha) {
        if (sha != null && !sha.equals(params.textSha())) {
            throw new WireException("id_conflict", "this drive was begun with another text", "drive_id");
        }
    }

    private static Ending turnAway(DeliverParams params, Place place) {
        if (place == null) {
            throw new WireException("unknown_surface", "this IDE has no such chat now", "surface_id");
        }
        if (place.chat().ways().stream().noneMatch(way -> way.id().equals(params.interface_()))) {
            return Ending.declined(Blocker.INTERFACE_UNAVAILABLE, "this chat is not reached by " + params.interface_());
        }
        var target = params.target();
        if (target.chatId() != null || target.newChat() || target.mode() != null) {
            return Ending.declined(Blocker.UNKNOWN_CHAT, "this plugin drives the chat that is shown, and cannot choose another");
        }
        return null;
    }

    /** The delivery that runs in the same project, null without one: two would fight over its windows. */
    private Run busy(Place place) {
        return running.values().stream()
                .filter(other -> other.place.project().equals(place.project()))
                .findFirst()
                .orElse(null);
    }

    private Run begin(DeliverParams params, Place place) {
        var driveId = params.driveId();
        var task = new Task(
                params,
                () -> options.journal.write(row(driveId, JournalState.TOUCHED, List.of(), params.textSha(), null)),
                fact -> options.outlet.tell(params.surfaceId(), driveId, fact));
        var run = new Run(params, place, task, new CompletableFuture<>());
        running.put(driveId, run);
        try {
            options.threads.execute(() -> perform(run));
        } catch (RejectedExecutionException ending) {
            running.remove(driveId);
            throw new WireException("overloaded", "this plugin is being unloaded", null);
        }
        return run;
    }

    private void perform(Run run) {
        var ending = Ending.lost("the delivery was broken off");
        try {
            ending = recorded(run);
        } finally {
            synchronized (this) {
                running.remove(run.params.driveId());
            }
            run.over.complete(ending);
        }
    }

    private Ending recorded(Run run) {
        var id = run.params.driveId();
        var sha = run.params.textSha();
        try {
            options.journal.write(row(id, JournalState.BEGUN, List.of(), sha, null));
        } catch (IOException error) {
            options.log.say(LogLevel.ERROR, "the journal failed with " + error.getClass().getSimpleName());
            var why = "the journal of this IDE cannot be written, so nothing was begun";
            return Ending.declined(Blocker.JOURNAL_UNWRITABLE, why);
        }
        var ending = options.delivery.act(run.place, run.task);
        if (ending.disposition() == Disposition.LOST && has(run.task, FactKind.INSERTED)) {
            // The answer may have said "pending" already: then only a fact can still tell how it ended.
            run.task.learn(FactKind.INSERTED, ChannelGrade.CLAIM, ending.message());
        }
        write(row(id, finalState(run.task, ending), run.task.facts(), sha, ending));
        return ending;
    }

    private DeliverResult answer(Run run, DeliverParams params) throws InterruptedException {
        var ending = await(run, params.answerWithinMs());
        if (ending == null && !run.task.wasTouched()) {
            ending = await(run, UNTOUCHED_MS);
        }
        if (ending == null && !run.task.wasTouched()) {
            run.task.cancel();
            ending = await(run, CANCELLED_MS);
        }
        var told = ending == null ? new Ending(Disposition.PENDING, null, null) : ending;
        return result(params, told, run.task.tellFacts(), run.task.trace());
    }

    private static Ending await(Run run, long milliseconds) throws InterruptedException {
        try {
            return run.over.get(milliseconds, TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            return null;
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static DeliverResult result(
            DeliverParams params, Ending told, List<FactReport> facts, List<TraceStep> trace) {
        return new DeliverResult(
                params.driveId(), params.epoch(), told.disposition(), facts, trace, told.blocker(), told.message());
    }

    private void close(String driveId) {
        closed.add(driveId);
        if (closed.size() > CLOSED_MAX) {
            closed.remove(closed.iterator().next());
        }
        write(row(driveId, JournalState.ABSENT, List.of(), null, null));
    }

    /** Rows that only describe: losing one is told, and stops nothing. */
    private void write(JournalEntry entry) {
        try {
            options.journal.write(entry);
        } catch (IOException error) {
            options.log.say(LogLevel.ERROR, "the journal failed with " + error.getClass().getSimpleName());
        }
    }

    private static JournalEntry row(
            String driveId, JournalState state, List<FactReport> facts, String sha, Ending ended) {
        return new JournalEntry(driveId, state, System.currentTimeMillis(), PID, facts, sha, ended);
    }

    private static JournalState finalState(Task task, Ending ending) {
        if (ending.disposition() == Disposition.DECLINED && !has(task, FactKind.WITHDRAWN)) {
            return JournalState.DECLINED;
        }
        return has(task, FactKind.SUBMITTED)
                ? JournalState.SUBMITTED
                : has(task, FactKind.WITHDRAWN) ? JournalState.WITHDRAWN : JournalState.TOUCHED;
    }

    private static boolean has(Task task, FactKind kind) {
        return task.facts().stream().anyMatch(fact -> fact.kind() == kind);
    }

    /** A process that died before it wrote "touched" has touched nothing. */
    private static JournalState stateOf(JournalEntry entry) {
        var isBroken = entry.state() == JournalState.BEGUN && entry.ended() == null;
        return isBroken && !isAlive(entry.pid()) ? JournalState.DECLINED : entry.state();
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }
}
