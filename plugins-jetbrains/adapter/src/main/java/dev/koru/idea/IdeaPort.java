package dev.koru.idea;

import com.intellij.ide.DataManager;
import com.intellij.openapi.actionSystem.ActionManager;
import com.intellij.openapi.actionSystem.AnAction;
import com.intellij.openapi.actionSystem.AnActionEvent;
import com.intellij.openapi.project.Project;
import com.intellij.openapi.project.ProjectManager;
import com.intellij.openapi.wm.ToolWindow;
import com.intellij.openapi.wm.ToolWindowManager;
import dev.koru.chat.Way;
import dev.koru.drive.IdeException;
import dev.koru.drive.IdePort;
import java.awt.event.InputEvent;
import java.awt.event.MouseEvent;
import javax.swing.JComponent;

/** The IDE, through members of its platform that 2018.3 and 2022.3 both have. */
final class IdeaPort implements IdePort {
    private static final String PLACE = "Koru";

    private final WindowsThread thread;

    IdeaPort(WindowsThread thread) {
        this.thread = thread;
    }

    @Override
    public boolean show(Place place) throws IdeException {
        return thread.visit(() -> {
            var window = window(place);
            if (window == null || !window.isAvailable()) {
                return false;
            }
            // Shown, not activated: the operator keeps the keyboard.
            window.show(null);
            return true;
        });
    }

    @Override
    public Input find(Place place) throws IdeException {
        return thread.visit(() -> {
            var window = window(place);
            return window == null ? null : ChatInput.find(project(place), window.getComponent(), place.chat());
        });
    }

    @Override
    public String read(Input input) throws IdeException {
        return thread.visit(() -> there(input).read());
    }

    @Override
    public boolean replace(Input input, String expected, String text) throws IdeException {
        return thread.visit(() -> {
            var found = there(input);
            if (!found.read().equals(expected)) {
                return false;
            }
            found.write(text);
            return true;
        });
    }

    @Override
    public boolean canSend(Place place) throws IdeException {
        return thread.visit(() -> ActionManager.getInstance().getAction(place.chat().sendAction()) != null);
    }

    @Override
    public Send send(Place place, Input input, String expected) throws IdeException {
        return thread.visit(() -> {
            var found = there(input);
            if (!found.read().equals(expected)) {
                return Send.CHANGED;
            }
            var action = ActionManager.getInstance().getAction(place.chat().sendAction());
            return action == null ? Send.ABSENT : run(action, found.target());
        });
    }

    @Override
    public boolean give(Place place, Way way, String text) throws IdeException {
        return thread.visit(() -> {
            var window = window(place);
            return window != null && GivenAway.give(project(place), window.getComponent(), place.chat(), way, text);
        });
    }

    @Override
    public long uiNanos() {
        return thread.nanos();
    }

    /** The action as the platform runs it for a click on the input: its own data, its own say whether it is enabled. */
    private static Send run(AnAction action, JComponent target) {
        var click = click(target);
        var context = DataManager.getInstance().getDataContext(target);
        var event = AnActionEvent.createFromAnAction(action, click, PLACE, context);
        action.update(event);
        if (!event.getPresentation().isEnabled()) {
            return Send.DISABLED;
        }
        var done = ActionManager.getInstance().tryToExecute(action, click, target, PLACE, true);
        return done.isRejected() ? Send.DISABLED : Send.DONE;
    }

    /** The platform takes no action without an event. */
    private static InputEvent click(JComponent target) {
        var now = System.currentTimeMillis();
        return new MouseEvent(target, MouseEvent.MOUSE_CLICKED, now, 0, 1, 1, 1, false, MouseEvent.BUTTON1);
    }

    private static ChatInput there(Input input) throws IdeException {
        var found = (ChatInput) input;
        if (!found.isThere()) {
            throw new IdeException(IdeException.Kind.GONE, "the chat's input is not shown any more");
        }
        return found;
    }

    private static ToolWindow window(Place place) throws IdeException {
        return ToolWindowManager.getInstance(project(place)).getToolWindow(place.chat().toolWindow());
    }

    static Project project(Place place) throws IdeException {
        for (var project : ProjectManager.getInstance().getOpenProjects()) {
            if (!project.isDisposed() && project.getLocationHash().equals(place.project())) {
                return project;
            }
        }
        throw new IdeException(IdeException.Kind.GONE, "the project was closed");
    }
}
