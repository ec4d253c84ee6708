package dev.koru.idea;

import com.intellij.ide.plugins.PluginManagerCore;
import com.intellij.openapi.actionSystem.ActionManager;
import com.intellij.openapi.application.Application;
import com.intellij.openapi.application.ApplicationManager;
import com.intellij.openapi.components.ComponentManager;
import com.intellij.openapi.project.Project;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The few members that moved between 2018.3 and now, looked up by name, newest first. */
final class PlatformCompat {
    private PlatformCompat() {}

    /** The application's service of a class; throws IllegalStateException in an IDE that has neither way. */
    static <T> T service(Class<T> type) {
        var lookup = MethodHandles.publicLookup();
        try {
            var find = MethodType.methodType(Object.class, Class.class);
            var getService = lookup.findVirtual(Application.class, "getService", find);
            return type.cast(getService.invoke(ApplicationManager.getApplication(), (Class<?>) type));
        } catch (NoSuchMethodException older) {
            return olderService(lookup, type);
        } catch (Throwable failed) {
            throw new IllegalStateException("the service " + type.getName() + " was refused", failed);
        }
    }

    private static <T> T olderService(MethodHandles.Lookup lookup, Class<T> type) {
        try {
            var manager = Class.forName("com.intellij.openapi.components.ServiceManager");
            var find = MethodType.methodType(Object.class, Class.class);
            return type.cast(lookup.findStatic(manager, "getService", find).invoke((Class<?>) type));
        } catch (Throwable failed) {
            throw new IllegalStateException("this IDE gives no services in a way that is known", failed);
        }
    }

    /** A project's or the application's service of a class of another plugin, null without one. */
    static Object serviceOf(Project project, Class<?> type) {
        for (var holder : new ComponentManager[] {project, ApplicationManager.getApplication()}) {
            try {
                var found = Reflection.call(holder, "getService", type);
                if (found != null) {
                    return found;
                }
            } catch (NoSuchMethodException older) {
                // 2018.3: a service is a component of the container under its class's name.
                var found = former(holder, type.getName());
                if (found != null) {
                    return found;
                }
            } catch (Exception refused) {
                // Not one of this holder's.
            }
        }
        return null;
    }

    private static Object former(ComponentManager holder, String name) {
        try {
            return Reflection.call(Reflection.call(holder, "getPicoContainer"), "getComponentInstance", name);
        } catch (Exception newer) {
            return null;
        }
    }

    /** The class loader of a plugin that is there and enabled, null otherwise. */
    static ClassLoader loaderOf(String plugin) {
        for (var descriptor : PluginManagerCore.getPlugins()) {
            if (descriptor.getPluginId().getIdString().equals(plugin) && descriptor.isEnabled()) {
                return descriptor.getPluginClassLoader();
            }
        }
        return null;
    }

    /** Which of the members that moved this IDE has. */
    static Map<String, Boolean> members() {
        var found = new TreeMap<String, Boolean>();
        found.put("Application.getService", has(Application.class, "getService"));
        found.put("ActionManager.getActionIdList", has(ActionManager.class, "getActionIdList"));
        found.put("ActionManager.tryToExecute", has(ActionManager.class, "tryToExecute"));
        found.put("JBCefBrowser", isClass("com.intellij.ui.jcef.JBCefBrowser"));
        found.put("ProjectActivity", isClass("com.intellij.openapi.startup.ProjectActivity"));
        return found;
    }

    private static boolean has(Class<?> type, String name) {
        return Arrays.stream(type.getMethods()).anyMatch(method -> method.getName().equals(name));
    }

    private static boolean isClass(String name) {
        try {
            Class.forName(name, false, ActionManager.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException absent) {
            return false;
        }
    }

    /** Ids of all actions, or none where the IDE does not tell. */
    static List<String> actionIds() {
        var manager = ActionManager.getInstance();
        var lookup = MethodHandles.publicLookup();
        try {
            var list = MethodType.methodType(List.class, String.class);
            var ids = (List<?>) lookup.findVirtual(ActionManager.class, "getActionIdList", list).invoke(manager, "");
            return ids.stream().map(String.class::cast).toList();
        } catch (NoSuchMethodException older) {
            return olderActionIds(lookup, manager);
        } catch (Throwable failed) {
            return List.of();
        }
    }

    private static List<String> olderActionIds(MethodHandles.Lookup lookup, ActionManager manager) {
        try {
            var array = MethodType.methodType(String[].class, String.class);
            var ids = lookup.findVirtual(ActionManager.class, "getActionIds", array).invoke(manager, "");
            return List.of((String[]) ids);
        } catch (Throwable failed) {
            return List.of();
        }
    }
}
