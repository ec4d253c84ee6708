package dev.koru.idea;

import com.intellij.openapi.actionSystem.ActionManager;
import com.intellij.openapi.project.ProjectManager;
import com.intellij.openapi.wm.ToolWindowManager;
import dev.koru.chat.Catalogue;
import dev.koru.chat.Chat;
import dev.koru.chat.Way;
import dev.koru.drive.IdeException;
import dev.koru.drive.IdePort.Place;
import dev.koru.protocol.Messages.StoreHint;
import dev.koru.protocol.Messages.SurfaceInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The open projects and the chats that were found in each, as the daemon is told them. */
final class Projects {
    /** One look: surfaces and their places by id, and a line for each tool window and each known chat. */
    record Look(List<SurfaceInfo> surfaces, Map<String, Place> places, List<String> report) {
        static final Look NOTHING = new Look(List.of(), Map.of(), List.of());
    }

    private final WindowsThread thread;

    Projects(WindowsThread thread) {
        this.thread = thread;
    }

    /** Looks anew; one visit to the windows' thread. */
    Look look(Catalogue catalogue) throws IdeException {
        return thread.visit(() -> {
            var surfaces = new ArrayList<SurfaceInfo>();
            var places = new LinkedHashMap<String, Place>();
            var windows = new TreeSet<String>();
            for (var project : ProjectManager.getInstance().getOpenProjects()) {
                if (project.isDisposed() || !project.isInitialized() || project.getBasePath() == null) {
                    continue;
                }
                var manager = ToolWindowManager.getInstance(project);
                windows.addAll(List.of(manager.getToolWindowIds()));
                var found = available(manager);
                for (var chat : catalogue.chats()) {
                    if (!chat.ways().isEmpty() && found.contains(chat.toolWindow())) {
                        var id = chat.id() + "@" + project.getLocationHash();
                        places.put(id, new Place(project.getLocationHash(), chat));
                        var title = chat.title() + " - " + project.getName();
                        surfaces.add(surface(id, chat, title, project.getBasePath()));
                    }
                }
            }
            return new Look(surfaces, places, report(catalogue, windows));
        });
    }

    /** What can be shown now: a window of a project that is still being opened cannot. */
    private static Set<String> available(ToolWindowManager manager) {
        return Arrays.stream(manager.getToolWindowIds())
                .filter(id -> manager.getToolWindow(id) != null && manager.getToolWindow(id).isAvailable())
                .collect(Collectors.toSet());
    }

    private static SurfaceInfo surface(String id, Chat chat, String title, String folder) {
        var store = chat.store() == null || chat.storePath() == null
                ? null
                : new StoreHint(chat.store(), expand(chat.storePath()));
        return new SurfaceInfo(id, chat.id(), title, List.of(folder), chat.ways().stream().map(Way::id).toList(), store);
    }

    private static String expand(String path) {
        return path.startsWith("~/") ? Path.of(System.getProperty("user.home"), path.substring(2)).toString() : path;
    }

    /** What was looked for and what there is, so that a chat we do not know can be described by hand. */
    private static List<String> report(Catalogue catalogue, Set<String> windows) {
        var lines = new ArrayList<String>();
        windows.forEach(window -> lines.add("tool window " + window));
        for (var chat : catalogue.chats()) {
            var hasAction = chat.sendAction() != null && ActionManager.getInstance().getAction(chat.sendAction()) != null;
            lines.add("chat " + chat.id() + ", window " + chat.toolWindow()
                    + (windows.contains(chat.toolWindow()) ? ": found" : ": absent")
                    + (chat.sendAction() == null ? ", no send action is known" : ", action " + chat.sendAction()
                            + (hasAction ? ": found" : ": absent"))
                    + (chat.ways().contains(Way.FIELD) ? "" : ", an input of kind " + chat.input() + " is not written"));
        }
        return lines;
    }
}
