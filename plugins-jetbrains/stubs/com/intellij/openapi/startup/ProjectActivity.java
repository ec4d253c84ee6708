package com.intellij.openapi.startup;

import com.intellij.openapi.project.Project;
import kotlin.Unit;
import kotlin.coroutines.Continuation;

/** Compile-only: the signature since 2022.3, which the platform the tests are built on does not have. */
public interface ProjectActivity {
    Object execute(Project project, Continuation<? super Unit> continuation);
}
