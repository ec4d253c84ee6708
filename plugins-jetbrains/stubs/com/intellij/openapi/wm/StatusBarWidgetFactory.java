package com.intellij.openapi.wm;

import com.intellij.openapi.project.Project;

/** Compile-only: the signatures since 2020.1, which the platform the tests are built on does not have. */
public interface StatusBarWidgetFactory {
    String getId();

    String getDisplayName();

    boolean isAvailable(Project project);

    StatusBarWidget createWidget(Project project);

    void disposeWidget(StatusBarWidget widget);

    boolean canBeEnabledOn(StatusBar statusBar);
}
