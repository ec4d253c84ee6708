package dev.koru.idea;

import static dev.koru.Suite.check;
import static dev.koru.Suite.equal;

import com.intellij.openapi.editor.Imposter;
import com.intellij.openapi.project.Project;
import dev.koru.chat.Chat;
import java.awt.CardLayout;
import java.awt.Component;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import javax.swing.JFrame;
import javax.swing.JPanel;
import javax.swing.JScrollPane;
import javax.swing.JTextArea;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

/** Which field of a window is the input, on a real frame. */
public final class ChatInputTest {
    private static final Project PROJECT = (Project) Proxy.newProxyInstance(
            Project.class.getClassLoader(), new Class<?>[] {Project.class}, (proxy, method, arguments) -> false);

    /** What a chat would call its input. */
    private static final class ChatField extends JTextArea {
        private static final long serialVersionUID = 1;
    }

    private static Chat chat(String inputClass) {
        return new Chat("c", "C", "W", "text", inputClass, "S", null, null, null, null, null, null, Set.of());
    }

    private static ChatInput find(JPanel panel, Chat chat) {
        return ChatInput.find(PROJECT, panel, chat);
    }

    private interface Look {
        void at(JPanel panel) throws Exception;
    }

    /** In the thread of the windows, on a frame that is shown. */
    private static void on(Look look, Component... children) throws Exception {
        var frame = new JFrame[1];
        inWindows(() -> {
            var panel = new JPanel();
            for (var child : children) {
                panel.add(child);
            }
            frame[0] = new JFrame();
            frame[0].add(panel);
            frame[0].pack();
            frame[0].setVisible(true);
            look.at(panel);
            return null;
        }, () -> {
            frame[0].dispose();
            return null;
        });
    }

    private static void inWindows(Callable<Void> work, Callable<Void> after) throws Exception {
        try {
            run(work);
        } finally {
            run(after);
        }
    }

    private static void run(Callable<Void> work) throws Exception {
        var task = new FutureTask<>(work);
        SwingUtilities.invokeLater(task);
        task.get();
    }

    public static void aPlainFieldIsReadAndWritten() throws Exception {
        var area = new JTextArea("before", 3, 20);
        on(panel -> {
            var input = find(panel, chat(null));
            equal("before", input.read());
            input.write("żółć\nin two lines");
            equal("żółć\nin two lines", area.getText());
            equal(area, input.target());
            check(input.isThere(), "it is shown");
        }, new JScrollPane(area));
    }

    public static void whatCannotBeWrittenIsNoInput() throws Exception {
        var disabled = new JTextArea();
        disabled.setEnabled(false);
        var transcript = new JTextArea();
        transcript.setEditable(false);
        on(panel -> equal(null, find(panel, chat(null))), disabled, transcript, new Imposter());
    }

    public static void whatIsHiddenIsNoInput() throws Exception {
        var cards = new JPanel(new CardLayout());
        var shown = new JTextField(10);
        cards.add(shown, "shown");
        cards.add(new JTextField(10), "hidden");
        on(panel -> equal(shown, find(panel, chat(null)).target()), cards);
    }

    public static void ofSeveralTheCatalogueSaysWhich() throws Exception {
        var wanted = new ChatField();
        on(panel -> {
            equal(null, find(panel, chat(null)));
            equal(wanted, find(panel, chat("ChatField")).target());
            equal(null, find(panel, chat("OtherField")));
        }, new JTextField(10), wanted);
    }

    public static void whatWentAwayIsNotThere() throws Exception {
        var field = new JTextField(10);
        on(panel -> {
            var input = find(panel, chat(null));
            panel.remove(field);
            check(!input.isThere(), "it was removed");
        }, field);
    }

    public static void aBrowserIsFoundByWhatHangsOnItsComponent() throws Exception {
        var page = new JPanel();
        page.putClientProperty("JBCefBrowser.instance", "the browser");
        on(panel -> equal("the browser", GivenAway.browser(panel)), new JPanel(), page);
        on(panel -> equal(null, GivenAway.browser(panel)), new JPanel());
    }

    public static void aPromptCannotLeaveItsStringInAScript() {
        var chat = new Chat(
                "c", "C", "W", "browser", null, null, null, null, null, null, null, "say({text})", Set.of());
        equal("say(\"a\\\"); <\\/b> \\\\ \\u000a\")", GivenAway.script(chat, "a\"); </b> \\ \n"));
    }

    private ChatInputTest() {}
}
