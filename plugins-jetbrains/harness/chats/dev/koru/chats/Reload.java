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

    /** How many of the loaders were collected. The last one stays, and works. */
    static String run() throws Exception {
        var installed = PluginManager.getPlugin(PluginId.getId(PLUGIN)).getPluginClassLoader();
        ((Disposable) ServiceManager.getService(installed.loadClass(SERVICE))).dispose();
        var collected = 0;
        for (var round = 0; round < ROUNDS; round++) {
            collected += isCollected(used()) ? 1 : 0;
        }
        start(loader());
        return "collected " + collected + " of " + ROUNDS;
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

    private static boolean isCollected(WeakReference<ClassLoader> loader) throws InterruptedException {
        var until = System.nanoTime() + PATIENCE_MS * 1_000_000L;
        while (loader.get() != null && System.nanoTime() < until) {
            // The platform keeps the last thing that it ran in the windows' thread until it runs another.
            ApplicationManager.getApplication().invokeLater(() -> {});
            System.gc();
            Thread.sleep(LOOK_MS);
        }
        return loader.get() == null;
    }
}
