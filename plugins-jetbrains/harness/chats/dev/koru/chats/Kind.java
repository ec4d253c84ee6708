package dev.koru.chats;

import com.intellij.openapi.project.Project;
import com.intellij.openapi.wm.ToolWindow;
import com.intellij.openapi.wm.ToolWindowManager;

/** How a chat behaves. */
enum Kind {
    DEMO("Demo Chat"),
    PLAIN("Plain Chat"),
    LATE("Late Chat"),
    MUTE("Mute Chat"),
    DROPPING("Dropping Chat"),
    BROWSER("Browser Chat"),
    FOREIGN("Foreign Chat");

    final String window;

    Kind(String window) {
        this.window = window;
    }

    static Kind of(Project project, ToolWindow window) {
        for (var kind : values()) {
            if (ToolWindowManager.getInstance(project).getToolWindow(kind.window) == window) {
                return kind;
            }
        }
        throw new IllegalArgumentException("a tool window that is not ours");
    }
}
