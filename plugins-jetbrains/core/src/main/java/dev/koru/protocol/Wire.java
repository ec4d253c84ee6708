package dev.koru.protocol;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** What the generated messages are decoded with: explicit readers that refuse what is absent, wrong or out of range. */
final class Wire {
    /** Reads one value that is not null. */
    interface Reader<T> {
        /** {@code where} is the path of the field, empty for the whole. */
        T read(Object value, String where);
    }

    private Wire() {}

    static Reader<String> text(int least, int most, String pattern) {
        var compiled = pattern == null ? null : Pattern.compile(pattern);
        return (value, where) -> {
            if (!(value instanceof String text)) {
                throw refused(where, "should be a string");
            }
            var length = text.codePointCount(0, text.length());
            if (length < least || length > most) {
                throw refused(where, "should have " + least + " to " + most + " characters");
            }
            // matches(), for in find() `$` also stands before a line end.
            if (compiled != null && !compiled.matcher(text).matches()) {
                throw refused(where, "should match " + pattern);
            }
            return text;
        };
    }

    static Reader<Long> integer(long least, long most) {
        return (value, where) -> {
            if (value instanceof Long whole && whole >= least && whole <= most) {
                return whole;
            }
            throw refused(where, "should be an integer from " + least + " to " + most);
        };
    }

    static Boolean flag(Object value, String where) {
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw refused(where, "should be true or false");
    }

    static Reader<String> choice(String... values) {
        var known = List.of(values);
        return (value, where) -> {
            if (value instanceof String text && known.contains(text)) {
                return text;
            }
            throw refused(where, "should be one of " + String.join(", ", known));
        };
    }

    /** A word that is the name of a constant in lower case. */
    static <E extends Enum<E>> Reader<E> word(Class<E> type) {
        var constants = new LinkedHashMap<String, E>();
        for (var constant : type.getEnumConstants()) {
            constants.put(word(constant), constant);
        }
        var choice = choice(constants.keySet().toArray(String[]::new));
        return (value, where) -> constants.get(choice.read(value, where));
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static <T> Reader<List<T>> list(Reader<T> element) {
        return (value, where) -> {
            if (!(value instanceof List<?> wire)) {
                throw refused(where, "should be an array");
            }
            var elements = new ArrayList<T>(wire.size());
            for (var each : wire) {
                elements.add(given(each, element, where + "." + elements.size()));
            }
            return List.copyOf(elements);
        };
    }

    /** The fields of an object on the wire. */
    record Fields(Map<?, ?> object, String where) {
        static Fields of(Object wire, String where) {
            if (wire instanceof Map<?, ?> object) {
                return new Fields(object, where);
            }
            throw refused(where, "should be an object");
        }

        <T> T required(String name, Reader<T> reader) {
            if (!object.containsKey(name)) {
                throw refused(path(name), "is required");
            }
            return given(object.get(name), reader, path(name));
        }

        /** Null where the field is absent or null. */
        <T> T optional(String name, Reader<T> reader) {
            return object.get(name) == null ? null : reader.read(object.get(name), path(name));
        }

        <T> T orElse(String name, Reader<T> reader, T absent) {
            return object.containsKey(name) ? required(name, reader) : absent;
        }

        private String path(String name) {
            return where.isEmpty() ? name : where + "." + name;
        }
    }

    private static <T> T given(Object value, Reader<T> reader, String where) {
        if (value == null) {
            throw refused(where, "should not be null");
        }
        return reader.read(value, where);
    }

    private static WireException refused(String where, String problem) {
        var whole = where.isEmpty();
        return new WireException("invalid_params", (whole ? "the value" : where) + " " + problem, whole ? null : where);
    }
}
