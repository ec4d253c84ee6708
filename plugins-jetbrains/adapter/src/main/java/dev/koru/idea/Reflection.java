package dev.koru.idea;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;

/** Members of other plugins, by name: nothing of them can be compiled against. */
final class Reflection {
    private Reflection() {}

    /** Calls the public method of that name that takes these arguments. Throws what it throws, NoSuchMethodException. */
    static Object call(Object target, String name, Object... arguments) throws Exception {
        var method = find(target.getClass(), name, arguments);
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException failed) {
            throw failed.getCause() instanceof Exception cause ? cause : failed;
        }
    }

    /** Looked for in what is public: the class of an object often is not, and its interface is. */
    private static Method find(Class<?> type, String name, Object[] arguments) throws NoSuchMethodException {
        var types = new ArrayDeque<Class<?>>();
        types.add(type);
        while (!types.isEmpty()) {
            var each = types.remove();
            if (Modifier.isPublic(each.getModifiers())) {
                for (var method : each.getMethods()) {
                    var isPublic = Modifier.isPublic(method.getDeclaringClass().getModifiers());
                    if (isPublic && method.getName().equals(name) && takes(method, arguments)) {
                        return method;
                    }
                }
            }
            if (each.getSuperclass() != null) {
                types.add(each.getSuperclass());
            }
            types.addAll(java.util.List.of(each.getInterfaces()));
        }
        throw new NoSuchMethodException(type.getName() + "." + name);
    }

    private static boolean takes(Method method, Object[] arguments) {
        var types = method.getParameterTypes();
        if (types.length != arguments.length) {
            return false;
        }
        for (var at = 0; at < types.length; at++) {
            var fits = types[at] == int.class ? arguments[at] instanceof Integer : types[at].isInstance(arguments[at]);
            if (!fits) {
                return false;
            }
        }
        return true;
    }
}
