package dev.koru.chats;

import com.intellij.openapi.actionSystem.AnAction;
import com.intellij.openapi.actionSystem.AnActionEvent;
import com.intellij.openapi.actionSystem.PlatformDataKeys;
import com.intellij.openapi.application.ApplicationManager;
import com.intellij.openapi.project.DumbAware;
import com.intellij.openapi.project.ProjectManager;
import java.awt.Component;
import javax.swing.SwingUtilities;

/** Sends what stands in the input of the chat around the component that the action is run on. */
public final class Send extends AnAction implements DumbAware {
    @Override
    public void update(AnActionEvent event) {
        var chat = chat(event);
        if (chat != null && chat.text().startsWith("close the project")) {
            var project = chat.project;
            ApplicationManager.getApplication().invokeLater(() -> ProjectManager.getInstance().closeProject(project));
        }
        event.getPresentation().setEnabled(chat != null && chat.kind != Kind.MUTE && !chat.text().isEmpty());
    }

    @Override
    public void actionPerformed(AnActionEvent event) {
        chat(event).send();
    }

    private static ChatPanel chat(AnActionEvent event) {
        Component component = event.getData(PlatformDataKeys.CONTEXT_COMPONENT);
        return component == null ? null : (ChatPanel) SwingUtilities.getAncestorOfClass(ChatPanel.class, component);
    }
}
