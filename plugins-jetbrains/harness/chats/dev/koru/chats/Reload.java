package dev.koru.chats;

import com.intellij.openapi.Disposable;
import com.intellij.openapi.application.ApplicationManager;
import com.intellij.openapi.application.PathManager;
import com.intellij.openapi.components.ServiceManager;
import com.intellij.openapi.extensions.PluginId;
import com.intellij.ide.plugins.PluginManager;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads the plugin under test under a loader of its own, uses it, disposes it, and looks whether it can be collected, as
 * an IDE does that unloads a plugin. The platform of 2018 cannot do that itself.
 */
final class Reload {
    private static final String SERVICE = "dev.koru.idea.Koru";
    private static final String PLUGIN = "dev.koru.jetbrains";
    private static final int ROUNDS = 5;
    private static final int LOOK_MS = 20;
    private static final int PATIENCE_MS = 60_000;

    private Reload() {}

    /** How many of the loaders are still held, as soon as it is one at most. The last one stays besides, and works. */
    static String run() throws Exception {
        var installed = PluginManager.getPlugin(PluginId.getId(PLUGIN)).getPluginClassLoader();
        ((Disposable) ServiceManager.getService(installed.loadClass(SERVICE))).dispose();
        var loaders = new ArrayList<WeakReference<ClassLoader>>();
        for (var round = 0; round < ROUNDS; round++) {
            loaders.add(used());
        }
        var held = held(loaders);
        start(loader());
        return "held " + held;
    }

    private static URLClassLoader loader() throws Exception {
        var jar = Path.of(PathManager.getPluginsPath(), "koru/lib/koru.jar").toUri().toURL();
        return new URLClassLoader(new URL[] {jar}, Reload.class.getClassLoader());
    }

    private static WeakReference<ClassLoader> used() throws Exception {
        try (var loader = loader()) {
            var service = start(loader);
            service.dispose();
            return new WeakReference<>(loader);
        }
    }

    /** The plugin's service, attached to the daemon. */
    private static Disposable start(ClassLoader loader) throws Exception {
        var type = loader.loadClass(SERVICE);
        if (type.getClassLoader() != loader) {
            throw new IllegalStateException("the plugin was not loaded anew");
        }
        var service = (Disposable) type.getDeclaredConstructor().newInstance();
        type.getMethod("start").invoke(service);
        var state = type.getDeclaredMethod("state");
        state.setAccessible(true);
        var until = System.nanoTime() + PATIENCE_MS * 1_000_000L;
        while (!state.invoke(service).toString().contains("is=CONNECTED")) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("not attached: " + state.invoke(service));
            }
            Thread.sleep(LOOK_MS);
        }
        return service;
    }

    private static long held(List<WeakReference<ClassLoader>> loaders) throws InterruptedException {
        var until = System.nanoTime() + PATIENCE_MS * 1_000_000L;
        while (true) {
            // The platform keeps the last thing that it ran in the windows' thread until it runs another.
            ApplicationManager.getApplication().invokeLater(() -> {});
            System.gc();
            var held = loaders.stream().filter(each -> each.get() != null).count();
            if (held <= 1 || System.nanoTime() > until) {
                return held;
            }
            Thread.sleep(LOOK_MS);
        }
    }
}
