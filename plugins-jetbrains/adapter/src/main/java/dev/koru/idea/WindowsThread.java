package dev.koru.idea;

import com.intellij.openapi.application.ApplicationManager;
import com.intellij.openapi.application.ModalityState;
import dev.koru.drive.Errand;
import dev.koru.drive.IdeException;
import java.awt.Dialog;
import java.awt.Window;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;

/** Visits to the thread that owns the windows: bounded, behind no modal dialog, and counted. */
final class WindowsThread {
    private static final long BEGIN_MS = 3_000;
    private static final long END_MS = 5_000;

    private final AtomicLong nanos = new AtomicLong();

    <T> T visit(Callable<T> work) throws IdeException {
        var errand = new Errand<>(() -> {
            var began = System.nanoTime();
            try {
                return work.call();
            } finally {
                nanos.addAndGet(System.nanoTime() - began);
            }
        });
        // Outside of the windows' thread this is the state without any dialog: a visit never acts below one.
        ApplicationManager.getApplication().invokeLater(errand, ModalityState.defaultModalityState());
        try {
            return errand.await(BEGIN_MS, END_MS, WindowsThread::isDialogOpen);
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            throw new IdeException(IdeException.Kind.STUCK, "the plugin is being unloaded");
        }
    }

    /** Nanoseconds spent there so far. */
    long nanos() {
        return nanos.get();
    }

    private static boolean isDialogOpen() {
        for (var window : Window.getWindows()) {
            if (window instanceof Dialog dialog && dialog.isShowing() && dialog.isModal()) {
                return true;
            }
        }
        return false;
    }
}
