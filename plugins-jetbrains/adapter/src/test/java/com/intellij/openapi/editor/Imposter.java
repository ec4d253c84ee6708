package com.intellij.openapi.editor;

import javax.swing.JTextArea;

/** A text component in the package of the platform's editors, which are text components and no fields. */
public final class Imposter extends JTextArea {
    private static final long serialVersionUID = 1;
}
