package dev.koru.chats;

import com.intellij.openapi.actionSystem.CommonDataKeys;
import com.intellij.openapi.actionSystem.DataContext;
import kotlin.Unit;
import kotlin.jvm.functions.Function1;

/** A service that takes prompts, in the shape that is reported of a vendor's. */
public final class PromptService {
    private static final String ANSWER = "The service had %d characters.";

    /** The options of one prompt. */
    public static final class Options {
        private String input;

        public Options withInput(String text) {
            input = text;
            return this;
        }
    }

    public void query(DataContext context, Function1<? super Options, Unit> describe) {
        var options = new Options();
        if (describe.invoke(options) != Unit.INSTANCE) {
            throw new IllegalStateException("the options were not described");
        }
        var project = CommonDataKeys.PROJECT.getData(context);
        Transcript.append(project, options.input, String.format(ANSWER, options.input.length()));
    }
}
