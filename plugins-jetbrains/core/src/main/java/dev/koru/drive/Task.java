package dev.koru.drive;

import dev.koru.protocol.Messages.ChannelGrade;
import dev.koru.protocol.Messages.DeliverParams;
import dev.koru.protocol.Messages.FactKind;
import dev.koru.protocol.Messages.FactReport;
import dev.koru.protocol.Messages.TraceStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/** One delivery under way: its facts, its trace, and whether it is still wanted. Safe to use from any thread. */
public final class Task {
    private static final int DETAIL_MAX = 300;

    /** What a delivery must have on disk before its first side effect. */
    @FunctionalInterface
    public interface Touched {
        void write() throws IOException;
    }

    private final DeliverParams params;
    private final Touched touched;
    private final Consumer<FactReport> tell;
    private final List<FactReport> facts = new ArrayList<>();
    private final List<TraceStep> trace = new ArrayList<>();
    private boolean isTold;
    private boolean isTouched;
    private boolean isCancelled;

    /** {@code tell} takes facts that come after the answer. */
    public Task(DeliverParams params, Touched touched, Consumer<FactReport> tell) {
        this.params = params;
        this.touched = touched;
        this.tell = tell;
    }

    public DeliverParams params() {
        return params;
    }

    /** Must have returned before the first thing is touched. */
    public void touch() throws IOException {
        touched.write();
        synchronized (this) {
            isTouched = true;
        }
    }

    public synchronized boolean wasTouched() {
        return isTouched;
    }

    /** It is not wanted any more: it ends at its next step, and takes its text out again where it can. */
    public synchronized void cancel() {
        isCancelled = true;
    }

    public synchronized boolean isCancelled() {
        return isCancelled;
    }

    /** A fact about our text. {@code detail}, which may be null, never holds the prompt. */
    public void learn(FactKind kind, ChannelGrade grade, String detail) {
        var cut = detail == null || detail.length() <= DETAIL_MAX ? detail : detail.substring(0, DETAIL_MAX);
        var fact = new FactReport(kind, grade, System.currentTimeMillis(), params.textSha(), null, cut);
        boolean isLate;
        synchronized (this) {
            facts.add(fact);
            isLate = isTold;
        }
        if (isLate) {
            tell.accept(fact);
        }
    }

    /** Runs a step and keeps it in the trace. {@code command} may be null. */
    public <T> T step(String op, String command, Callable<T> run) throws Exception {
        var began = System.nanoTime();
        try {
            var value = run.call();
            keep(op, command, began, true, null);
            return value;
        } catch (Exception failed) {
            keep(op, command, began, false, failed.getClass().getSimpleName());
            throw failed;
        }
    }

    /** Adds what is only said, such as how long the windows' thread was held. */
    public synchronized void note(String op, String detail) {
        trace.add(new TraceStep(op, true, 0, null, detail));
    }

    private synchronized void keep(String op, String command, long began, boolean ok, String detail) {
        trace.add(new TraceStep(op, ok, (System.nanoTime() - began) / 1_000_000, command, detail));
    }

    public synchronized List<FactReport> facts() {
        return List.copyOf(facts);
    }

    public synchronized List<TraceStep> trace() {
        return List.copyOf(trace);
    }

    /** All facts so far, which go into an answer now; later ones are told one by one. */
    public synchronized List<FactReport> tellFacts() {
        isTold = true;
        return List.copyOf(facts);
    }
}
