package dev.koru.idea;

import com.intellij.openapi.project.Project;
import com.intellij.openapi.startup.StartupActivity;
import com.intellij.openapi.wm.WindowManager;

/** Starts the plugin where there is no ProjectActivity yet. */
public final class HarnessStart implements StartupActivity {
    @Override
    public void runActivity(Project project) {
        Koru.get().start();
        WindowManager.getInstance().getStatusBar(project).addWidget(new KoruWidget(Koru.get()), project);
    }
}
