package dev.koru;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.List;

/**
 * Runs each static method without parameters of the test classes named as arguments. Prints how many ran, then a line
 * for each that failed; exit status 1 if there are any.
 */
public final class Suite {
    public static void main(String[] names) throws ReflectiveOperationException {
        var ran = 0;
        var failed = 0;
        for (var name : List.of(names)) {
            for (var test : Class.forName(name).getDeclaredMethods()) {
                var isTest = Modifier.isStatic(test.getModifiers()) && Modifier.isPublic(test.getModifiers());
                if (!isTest || test.getParameterCount() > 0) {
                    continue;
                }
                ran++;
                try {
                    test.invoke(null);
                } catch (InvocationTargetException failure) {
                    failed++;
                    System.out.println(name + "." + test.getName() + ": " + failure.getCause());
                    failure.getCause().printStackTrace();
                }
            }
        }
        System.out.println(ran + " ran, " + failed + " failed");
        System.exit(failed == 0 && ran > 0 ? 0 : 1);
    }

    private Suite() {}

    /** Throws AssertionError. */
    public static void equal(Object expected, Object found) {
        if (!java.util.Objects.equals(expected, found)) {
            throw new AssertionError("expected " + expected + ", found " + found);
        }
    }

    /** Throws AssertionError. */
    public static void check(boolean isSo, String what) {
        if (!isSo) {
            throw new AssertionError(what);
        }
    }
}
