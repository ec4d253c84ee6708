package dev.koru.idea;

import com.intellij.openapi.command.WriteCommandAction;
import com.intellij.openapi.project.Project;
import com.intellij.ui.EditorTextField;
import dev.koru.chat.Chat;
import dev.koru.drive.IdePort;
import java.awt.Component;
import java.awt.Container;
import java.util.ArrayList;
import java.util.List;
import javax.swing.JComponent;
import javax.swing.text.JTextComponent;

/** The input box of a chat: the platform's text field with a document, or a plain one of Swing. */
abstract class ChatInput implements IdePort.Input {
    final Project project;
    final JComponent component;

    private ChatInput(Project project, JComponent component) {
        this.project = project;
        this.component = component;
    }

    abstract String read();

    abstract void write(String text);

    /** What actions are run on: their data comes from there. */
    abstract JComponent target();

    final boolean isThere() {
        return component.isShowing() && !project.isDisposed();
    }

    /** Null when the window has no input, or several and the catalogue does not say which. */
    static ChatInput find(Project project, Container window, Chat chat) {
        var found = new ArrayList<ChatInput>();
        collect(project, window, chat, found);
        return found.size() == 1 ? found.get(0) : null;
    }

    private static void collect(Project project, Container parent, Chat chat, List<ChatInput> found) {
        for (var child : parent.getComponents()) {
            var input = isWanted(child, chat) ? of(project, child, chat) : null;
            if (input != null) {
                found.add(input);
            } else if (child instanceof Container container && !(child instanceof EditorTextField)) {
                collect(project, container, chat, found);
            }
        }
    }

    private static boolean isWanted(Component child, Chat chat) {
        var name = chat.inputClass();
        return child.isShowing() && child.isEnabled() && (name == null || child.getClass().getName().endsWith(name));
    }

    private static ChatInput of(Project project, Component child, Chat chat) {
        if (chat.input().equals("editor")) {
            return child instanceof EditorTextField field && !field.isViewer() ? new Field(project, field) : null;
        }
        // An editor of the platform is a text component too, and must not be written to as one.
        var isEditor = child.getClass().getName().startsWith("com.intellij.openapi.editor.");
        return child instanceof JTextComponent text && text.isEditable() && !isEditor ? new Plain(project, text) : null;
    }

    private static final class Field extends ChatInput {
        private final EditorTextField field;

        Field(Project project, EditorTextField field) {
            super(project, field);
            this.field = field;
        }

        @Override
        String read() {
            return field.getDocument().getText();
        }

        @Override
        void write(String text) {
            // Not setText: a field may do something else there, such as append.
            var document = field.getDocument();
            WriteCommandAction.runWriteCommandAction(
                    project, () -> document.replaceString(0, document.getTextLength(), text));
        }

        @Override
        JComponent target() {
            var editor = field.getEditor();
            return editor == null ? field : editor.getContentComponent();
        }
    }

    private static final class Plain extends ChatInput {
        private final JTextComponent text;

        Plain(Project project, JTextComponent text) {
            super(project, text);
            this.text = text;
        }

        @Override
        String read() {
            return text.getText();
        }

        @Override
        void write(String next) {
            text.setText(next);
        }

        @Override
        JComponent target() {
            return text;
        }
    }
}
