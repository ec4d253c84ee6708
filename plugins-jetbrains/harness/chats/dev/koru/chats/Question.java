package dev.koru.chats;

import com.intellij.openapi.project.Project;
import com.intellij.openapi.ui.DialogWrapper;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.swing.JComponent;
import javax.swing.JLabel;
import javax.swing.Timer;

/** A modal dialog that stays until the file `answer` is in the user's home. */
final class Question extends DialogWrapper {
    private static final Path ANSWER = Path.of(System.getProperty("user.home"), "answer");
    private static final int LOOK_MS = 20;

    private final Timer timer = new Timer(LOOK_MS, fired -> look());

    Question(Project project) {
        super(project, false);
        setTitle("A Question");
        init();
        timer.start();
    }

    @Override
    protected JComponent createCenterPanel() {
        return new JLabel("May I?");
    }

    private void look() {
        if (Files.exists(ANSWER)) {
            timer.stop();
            close(OK_EXIT_CODE);
        }
    }
}
