package dev.koru.idea;

import com.intellij.openapi.application.ApplicationManager;
import com.intellij.openapi.wm.StatusBar;
import com.intellij.openapi.wm.StatusBarWidget;
import com.intellij.util.Consumer;
import dev.koru.link.Connection.State;
import java.awt.Component;
import java.awt.event.MouseEvent;

/** Whether this IDE is attached to the daemon, for the operator to see. */
final class KoruWidget implements StatusBarWidget, StatusBarWidget.TextPresentation {
    static final String ID = "dev.koru.state";

    private final Koru koru;
    private final java.util.function.Consumer<State> listener = state -> refresh();
    private volatile StatusBar bar;

    KoruWidget(Koru koru) {
        this.koru = koru;
    }

    @Override
    public String ID() {
        return ID;
    }

    @Override
    public void install(StatusBar statusBar) {
        bar = statusBar;
        koru.show(listener);
    }

    @Override
    public void dispose() {
        bar = null;
        koru.hide(listener);
    }

    @Override
    public WidgetPresentation getPresentation(PlatformType type) {
        return this;
    }

    /** How newer platforms ask. */
    public WidgetPresentation getPresentation() {
        return this;
    }

    @Override
    public String getText() {
        return koru.state().is() == dev.koru.link.Connection.Is.CONNECTED ? "Koru" : "Koru (off)";
    }

    @Override
    public float getAlignment() {
        return Component.CENTER_ALIGNMENT;
    }

    @Override
    public String getTooltipText() {
        return StatusText.of(koru.state());
    }

    @Override
    public Consumer<MouseEvent> getClickConsumer() {
        return null;
    }

    private void refresh() {
        var shown = bar;
        if (shown != null) {
            ApplicationManager.getApplication().invokeLater(() -> shown.updateWidget(ID));
        }
    }
}
