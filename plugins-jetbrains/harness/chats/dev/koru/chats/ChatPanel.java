package dev.koru.chats;

import com.intellij.openapi.application.ApplicationManager;
import com.intellij.openapi.command.WriteCommandAction;
import com.intellij.openapi.project.Project;
import com.intellij.ui.EditorTextField;
import java.awt.BorderLayout;
import java.awt.Font;
import java.awt.event.HierarchyEvent;
import javax.swing.BorderFactory;
import javax.swing.JComponent;
import javax.swing.JPanel;
import javax.swing.JScrollPane;
import javax.swing.JTextArea;
import javax.swing.Timer;

/** One chat: what was said above, the input below. */
final class ChatPanel extends JPanel {
    private static final long serialVersionUID = 1;
    private static final int LATE_MS = 700;
    private static final int SHOWN_MAX = 2_000;

    final transient Project project;
    final Kind kind;
    private final JTextArea said = new JTextArea();
    private JComponent input;

    ChatPanel(Project project, Kind kind) {
        super(new BorderLayout(0, 6));
        this.project = project;
        this.kind = kind;
        said.setEditable(false);
        said.setLineWrap(true);
        said.setWrapStyleWord(true);
        said.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
        said.setBorder(BorderFactory.createEmptyBorder(8, 8, 8, 8));
        add(new JScrollPane(said), BorderLayout.CENTER);
        if (kind == Kind.LATE) {
            addHierarchyListener(this::mountLate);
        } else {
            mount();
        }
    }

    private void mountLate(HierarchyEvent event) {
        if (isShowing() && input == null) {
            var timer = new Timer(LATE_MS, fired -> {
                if (input == null) {
                    mount();
                }
            });
            timer.setRepeats(false);
            timer.start();
        }
    }

    private void mount() {
        if (kind == Kind.BROWSER || kind == Kind.FOREIGN) {
            // What is painted there is no component that anybody could write into.
            input = new JPanel();
            input.putClientProperty("JBCefBrowser.instance", kind == Kind.BROWSER ? new Page(this) : null);
        } else if (kind == Kind.PLAIN) {
            input = new JTextArea(3, 20);
        } else {
            var field = new EditorTextField("", project, com.intellij.openapi.fileTypes.PlainTextFileType.INSTANCE);
            field.setOneLineMode(false);
            input = field;
        }
        add(input, BorderLayout.SOUTH);
        revalidate();
    }

    String text() {
        return input == null ? "" : input instanceof EditorTextField field ? field.getDocument().getText() : ((JTextArea) input).getText();
    }

    private void clear() {
        if (input instanceof EditorTextField field) {
            var document = field.getDocument();
            WriteCommandAction.runWriteCommandAction(
                    project, () -> document.deleteString(0, document.getTextLength()));
        } else {
            ((JTextArea) input).setText("");
        }
    }

    /** Takes the prompt out of the input and answers it. */
    void send() {
        var prompt = text();
        clear();
        if (kind == Kind.DROPPING) {
            return;
        }
        answer(prompt);
    }

    void answer(String prompt) {
        var answer = "You said " + prompt.length() + " characters.";
        // A window of text is shown; the store has all of it.
        said.append("You: " + prompt.substring(0, Math.min(prompt.length(), SHOWN_MAX)) + "\n\n");
        Transcript.append(project, prompt, answer);
        said.append("Agent: " + answer + "\n\n");
        if (prompt.startsWith("open a dialog")) {
            ApplicationManager.getApplication().invokeLater(() -> new Question(project).show());
        }
    }
}
