package dev.koru.drive;

import static dev.koru.Suite.check;
import static dev.koru.Suite.equal;

import dev.koru.drive.IdeException.Kind;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Done once, or never. */
public final class ErrandTest {
    private static final long LONG = 60_000;

    public static void givesWhatTheOtherThreadFound() throws Exception {
        var errand = new Errand<>(() -> "found");
        var thread = new Thread(errand);
        thread.start();
        equal("found", errand.await(LONG, LONG, () -> false));
        thread.join();
    }

    public static void takenBackIsNeverDone() throws Exception {
        var done = new AtomicInteger();
        var errand = new Errand<>(done::incrementAndGet);
        equal(Kind.BUSY, kind(errand, 1, LONG, false));
        errand.run();
        equal(0, done.get());
    }

    public static void aDialogIsNamed() throws Exception {
        equal(Kind.DIALOG, kind(new Errand<>(() -> 1), 1, LONG, true));
    }

    public static void begunAndNotEndedIsStuck() throws Exception {
        var begun = new CountDownLatch(1);
        var mayEnd = new CountDownLatch(1);
        var errand = new Errand<>(() -> {
            begun.countDown();
            mayEnd.await();
            return 1;
        });
        var thread = new Thread(errand);
        thread.start();
        begun.await();
        equal(Kind.STUCK, kind(errand, 1, 1, true));
        mayEnd.countDown();
        thread.join();
    }

    public static void aFailureIsToldByItsKindOnly() throws Exception {
        var errand = new Errand<>(() -> { throw new IllegalStateException("the prompt"); });
        errand.run();
        try {
            errand.await(LONG, LONG, () -> false);
            check(false, "it failed");
        } catch (IdeException failed) {
            equal(Kind.STUCK, failed.kind());
            check(!failed.getMessage().contains("prompt"), failed.getMessage());
        }
    }

    private static Kind kind(Errand<?> errand, long beginMs, long endMs, boolean dialog) throws Exception {
        try {
            errand.await(beginMs, endMs, () -> dialog);
            return null;
        } catch (IdeException failed) {
            return failed.kind();
        }
    }

    private ErrandTest() {}
}
