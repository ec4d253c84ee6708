package dev.koru.idea;

import com.intellij.openapi.project.Project;
import com.intellij.openapi.startup.ProjectActivity;
import kotlin.Unit;
import kotlin.coroutines.Continuation;

/** Runs when a project is open; the first one starts the connection of the whole IDE. */
public final class KoruStart implements ProjectActivity {
    @Override
    public Object execute(Project project, Continuation<? super Unit> continuation) {
        Koru.get().start();
        return Unit.INSTANCE;
    }
}
