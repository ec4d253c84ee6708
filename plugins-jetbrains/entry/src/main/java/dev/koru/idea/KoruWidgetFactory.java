package dev.koru.idea;

import com.intellij.openapi.project.Project;
import com.intellij.openapi.util.Disposer;
import com.intellij.openapi.wm.StatusBar;
import com.intellij.openapi.wm.StatusBarWidget;
import com.intellij.openapi.wm.StatusBarWidgetFactory;

/** Offers the widget to every project's window. */
public final class KoruWidgetFactory implements StatusBarWidgetFactory {
    @Override
    public String getId() {
        return KoruWidget.ID;
    }

    @Override
    public String getDisplayName() {
        return "Koru";
    }

    @Override
    public boolean isAvailable(Project project) {
        return true;
    }

    @Override
    public StatusBarWidget createWidget(Project project) {
        return new KoruWidget(Koru.get());
    }

    @Override
    public void disposeWidget(StatusBarWidget widget) {
        Disposer.dispose(widget);
    }

    @Override
    public boolean canBeEnabledOn(StatusBar statusBar) {
        return true;
    }
}
