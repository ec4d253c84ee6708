package dev.koru.idea;

import com.intellij.openapi.actionSystem.ActionManager;
import com.intellij.openapi.application.Application;
import com.intellij.openapi.application.ApplicationManager;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;

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
