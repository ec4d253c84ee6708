package dev.koru.chats;

import com.intellij.openapi.project.Project;
import com.intellij.openapi.wm.ToolWindow;
import com.intellij.openapi.wm.ToolWindowFactory;

/** Fills each of the tool windows with a chat that behaves as the window's name says. */
public final class ChatWindow implements ToolWindowFactory {
    @Override
    public void createToolWindowContent(Project project, ToolWindow window) {
        // The id is not asked of the window: that member came later.
        var contents = window.getContentManager();
        var kind = Kind.of(project, window);
        var content = contents.getFactory().createContent(new ChatPanel(project, kind), "", false);
        contents.addContent(content);
    }
}
