package dev.koru.idea;

import com.intellij.openapi.actionSystem.ActionManager;
import com.intellij.openapi.project.Project;
import com.intellij.openapi.project.ProjectManager;
import com.intellij.openapi.wm.ToolWindowManager;
import dev.koru.chat.Catalogue;
import dev.koru.chat.Chat;
import dev.koru.chat.Way;
import dev.koru.drive.IdeException;
import dev.koru.protocol.Messages.Lookup;
import dev.koru.protocol.Messages.SelfTestResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** What each look-up of the catalogue gives in this IDE. Only looks. */
final class SelfTest {
    private final Catalogue catalogue;
    private final List<Lookup> lookups = new ArrayList<>();

    private SelfTest(Catalogue catalogue) {
        this.catalogue = catalogue;
    }

    static SelfTestResult run(Catalogue catalogue, WindowsThread thread) throws IdeException {
        var test = new SelfTest(catalogue);
        PlatformCompat.members().forEach((name, found) -> test.add("member", name, found, null));
        catalogue.problems().forEach(problem -> test.add("catalogue", "jetbrains_chats.json", false, problem));
        thread.visit(() -> {
            test.look();
            return null;
        });
        return new SelfTestResult(List.copyOf(test.lookups));
    }

    private void look() {
        for (var project : ProjectManager.getInstance().getOpenProjects()) {
            var windows = ToolWindowManager.getInstance(project).getToolWindowIds();
            for (var window : windows) {
                add("tool_window", window, true, "in the project " + project.getName());
            }
            catalogue.chats().stream()
                    .filter(chat -> Arrays.asList(windows).contains(chat.toolWindow()))
                    .forEach(chat -> lookInto(project, chat));
        }
        catalogue.chats().forEach(this::lookFor);
    }

    /** What stands anywhere: the plugin and the action. */
    private void lookFor(Chat chat) {
        var ways = chat.ways().stream().map(Way::id).collect(Collectors.joining(", "));
        add("chat", name(chat), isAnywhere(chat), ways.isEmpty() ? "nothing is put into a terminal" : "by " + ways);
        if (chat.plugin() != null) {
            add("plugin", chat.plugin(), PlatformCompat.loaderOf(chat.plugin()) != null, "of " + name(chat));
        }
        if (chat.sendAction() != null) {
            var action = ActionManager.getInstance().getAction(chat.sendAction());
            add("action", chat.sendAction(), action != null, "sends in " + name(chat));
        }
    }

    /** What stands in the window, which is not opened for it. */
    private void lookInto(Project project, Chat chat) {
        var window = ToolWindowManager.getInstance(project).getToolWindow(chat.toolWindow());
        var content = window.isVisible() ? window.getComponent() : null;
        var where = "of " + name(chat) + " in the project " + project.getName();
        var hidden = content == null ? ", whose window is not shown now" : "";
        if (chat.ways().contains(Way.FIELD)) {
            var found = content == null ? null : ChatInput.find(project, content, chat);
            add("input", chat.input(), found != null, where + hidden);
        }
        if (chat.script() != null) {
            var found = content == null ? null : GivenAway.browser(content);
            add("browser", "JBCefBrowser", found != null, where + hidden);
        }
        if (chat.service() != null) {
            add("service", chat.service(), GivenAway.service(project, chat) != null, where);
        }
    }

    private static boolean isAnywhere(Chat chat) {
        return Arrays.stream(ProjectManager.getInstance().getOpenProjects())
                .anyMatch(project -> ToolWindowManager.getInstance(project).getToolWindow(chat.toolWindow()) != null);
    }

    private static String name(Chat chat) {
        return chat.id() + ", window " + chat.toolWindow();
    }

    private void add(String kind, String name, boolean found, String detail) {
        lookups.add(new Lookup(kind, name, found, detail));
    }
}
