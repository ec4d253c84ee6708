package dev.koru.drive;

import dev.koru.drive.IdeException.Kind;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Something to be done once by another thread, or never: who waits for it can take it back as long as it was not begun,
 * and then it is sure that it will not be done later, when nobody expects it any more.
 */
public final class Errand<T> implements Runnable {
    private enum Stage { WAITING, BEGUN, TAKEN_BACK }

    private final Callable<T> work;
    private final CountDownLatch ended = new CountDownLatch(1);
    private Stage stage = Stage.WAITING;
    private T value;
    private Throwable failure;

    public Errand(Callable<T> work) {
        this.work = work;
    }

    @Override
    public void run() {
        synchronized (this) {
            if (stage != Stage.WAITING) {
                return;
            }
            stage = Stage.BEGUN;
        }
        try {
            value = work.call();
        } catch (Exception | Error thrown) {
            failure = thrown;
        } finally {
            ended.countDown();
        }
    }

    /**
     * What came of it. Throws DIALOG or BUSY when it was not begun in time and never will be, STUCK when it was begun and
     * did not end in time or failed, and what {@code work} threw as IdeException.
     */
    public T await(long beginMs, long endMs, BooleanSupplier isDialogOpen) throws IdeException, InterruptedException {
        try {
            if (!ended.await(beginMs, TimeUnit.MILLISECONDS) && takeBack()) {
                throw isDialogOpen.getAsBoolean()
                        ? new IdeException(Kind.DIALOG, "a dialog of the IDE waits for an answer")
                        : new IdeException(Kind.BUSY, "the IDE did not come to it within " + beginMs + " ms");
            }
            if (!ended.await(endMs, TimeUnit.MILLISECONDS)) {
                throw new IdeException(Kind.STUCK, "the IDE began and did not end within " + endMs + " ms");
            }
        } catch (InterruptedException ending) {
            takeBack();
            throw ending;
        }
        if (failure instanceof IdeException known) {
            throw known;
        }
        if (failure != null) {
            throw new IdeException(Kind.STUCK, "the IDE failed with " + failure.getClass().getSimpleName());
        }
        return value;
    }

    private synchronized boolean takeBack() {
        if (stage != Stage.WAITING) {
            return false;
        }
        stage = Stage.TAKEN_BACK;
        return true;
    }
}
