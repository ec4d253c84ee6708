package dev.koru.idea;

import com.intellij.ide.DataManager;
import com.intellij.openapi.actionSystem.DataContext;
import com.intellij.openapi.ide.CopyPasteManager;
import com.intellij.openapi.project.Project;
import dev.koru.chat.Chat;
import dev.koru.chat.Way;
import dev.koru.protocol.Json;
import java.awt.Container;
import java.awt.datatransfer.StringSelection;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import javax.swing.JComponent;

/** Texts for chats without a field of the platform: what becomes of them is seen in the chat's own store, if at all. */
final class GivenAway {
    /** Under this name the platform's browsers hang themselves on their component. */
    private static final String BROWSER = "JBCefBrowser.instance";

    private GivenAway() {}

    /** In the windows' thread. False: there is nothing here that would take it, and nothing was done. */
    static boolean give(Project project, Container window, Chat chat, Way way, String text) throws Exception {
        return switch (way) {
            case CLIPBOARD -> toClipboard(chat, text);
            case SCRIPT -> toBrowser(window, chat, text);
            case SERVICE -> toService(project, window, chat, text);
            case FIELD -> false;
        };
    }

    private static boolean toClipboard(Chat chat, String text) {
        CopyPasteManager.getInstance().setContents(new StringSelection(text));
        Notices.information("A prompt for " + chat.title() + " is on the clipboard: paste it into the chat, and send it.");
        return true;
    }

    private static boolean toBrowser(Container window, Chat chat, String text) throws Exception {
        var browser = browser(window);
        if (browser == null) {
            return false;
        }
        var page = Reflection.call(browser, "getCefBrowser");
        Reflection.call(page, "executeJavaScript", script(chat, text), "", 0);
        return true;
    }

    /** A string of JSON is one of JavaScript as well; that of a script must not end it. */
    static String script(Chat chat, String text) {
        var quoted = new String(Json.write(text), StandardCharsets.UTF_8).replace("</", "<\\/");
        return chat.script().replace(Chat.TEXT, quoted);
    }

    /** Null when none is shown. */
    static Object browser(Container parent) {
        for (var child : parent.getComponents()) {
            var found = child.isShowing() && child instanceof JComponent each ? each.getClientProperty(BROWSER) : null;
            if (found == null && child instanceof Container container) {
                found = browser(container);
            }
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** The service's `query(DataContext, (QueryOptionBuilder) -> Unit)`, whose builder takes the prompt. */
    private static boolean toService(Project project, Container window, Chat chat, String text) throws Exception {
        var service = service(project, chat);
        if (service == null) {
            return false;
        }
        var loader = service.getClass().getClassLoader();
        var function = Class.forName("kotlin.jvm.functions.Function1", true, loader);
        var unit = Class.forName("kotlin.Unit", true, loader).getField("INSTANCE").get(null);
        var options = Proxy.newProxyInstance(loader, new Class<?>[] {function}, (proxy, method, arguments) -> {
            if (method.getDeclaringClass() == Object.class) {
                return method.invoke(text, arguments);
            }
            Reflection.call(arguments[0], "withInput", text);
            return unit;
        });
        DataContext context = DataManager.getInstance().getDataContext(window);
        Reflection.call(service, "query", context, options);
        return true;
    }

    /** Null when the chat's plugin is not there, or has no such service. */
    static Object service(Project project, Chat chat) {
        var loader = chat.plugin() == null ? null : PlatformCompat.loaderOf(chat.plugin());
        if (loader == null || chat.service() == null) {
            return null;
        }
        try {
            return PlatformCompat.serviceOf(project, Class.forName(chat.service(), true, loader));
        } catch (ClassNotFoundException | LinkageError absent) {
            return null;
        }
    }
}
