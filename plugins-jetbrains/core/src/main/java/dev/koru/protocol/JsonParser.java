package dev.koru.protocol;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** One pass over one text. Messages name the place and the rule, and do not quote. */
final class JsonParser {
    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

    private final String text;
    private int at;

    JsonParser(String text) {
        this.text = text;
    }

    Object document() {
        var value = value(0);
        skipSpace();
        if (at < text.length()) {
            throw refused("something follows the value");
        }
        return value;
    }

    private Object value(int level) {
        skipSpace();
        switch (peek()) {
            case '{':
                return object(deeper(level));
            case '[':
                return array(deeper(level));
            case '"':
                return string();
            case 't':
                return word("true", true);
            case 'f':
                return word("false", false);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private int deeper(int level) {
        if (level == Json.NESTING_MAX) {
            throw refused("nested deeper than " + Json.NESTING_MAX + " levels");
        }
        return level + 1;
    }

    private Map<String, Object> object(int level) {
        var members = new LinkedHashMap<String, Object>();
        at++;
        skipSpace();
        if (take('}')) {
            return members;
        }
        do {
            skipSpace();
            var name = string();
            skipSpace();
            expect(':');
            if (members.containsKey(name)) {
                throw refused("a name stands twice in an object");
            }
            members.put(name, value(level));
            skipSpace();
        } while (take(','));
        expect('}');
        return members;
    }

    private List<Object> array(int level) {
        var elements = new ArrayList<>();
        at++;
        skipSpace();
        if (take(']')) {
            return elements;
        }
        do {
            elements.add(value(level));
            skipSpace();
        } while (take(','));
        expect(']');
        return elements;
    }

    private Object word(String word, Object meaning) {
        if (!text.startsWith(word, at)) {
            throw refused("not a value");
        }
        at += word.length();
        return meaning;
    }

    private Object number() {
        var found = NUMBER.matcher(text).region(at, text.length());
        if (!found.lookingAt()) {
            throw refused("not a value");
        }
        at = found.end();
        if (found.group(2) == null && found.group(3) == null && found.group().length() < 19) {
            return Long.valueOf(found.group());
        }
        return Double.valueOf(found.group());
    }

    private String string() {
        expect('"');
        var out = new StringBuilder();
        while (true) {
            var start = at;
            while (peek() != '"' && peek() != '\\') {
                if (peek() < ' ') {
                    throw refused("a control character in a string is not escaped");
                }
                at++;
            }
            out.append(text, start, at);
            if (take('"')) {
                return wellFormed(out.toString());
            }
            at++;
            out.append(escaped());
        }
    }

    private char escaped() {
        var letter = peek();
        at++;
        switch (letter) {
            case '"', '\\', '/':
                return letter;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                return unicode();
            default:
                throw refused("not an escape");
        }
    }

    private char unicode() {
        var code = 0;
        for (var end = at + 4; at < end; at++) {
            // Character.digit knows the digits of other scripts too.
            var digit = peek() < 128 ? Character.digit(peek(), 16) : -1;
            if (digit < 0) {
                throw refused("not an escape");
            }
            code = code * 16 + digit;
        }
        return (char) code;
    }

    private String wellFormed(String string) {
        if (string.codePoints().anyMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
            throw refused("a lone surrogate in a string");
        }
        return string;
    }

    private void skipSpace() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at == text.length()) {
            throw refused("the text ends too early");
        }
        return text.charAt(at);
    }

    private boolean take(char wanted) {
        var taken = at < text.length() && text.charAt(at) == wanted;
        at += taken ? 1 : 0;
        return taken;
    }

    private void expect(char wanted) {
        if (!take(wanted)) {
            throw refused("'" + wanted + "' expected");
        }
    }

    private WireException refused(String problem) {
        return new WireException("parse_error", "the line is not JSON: " + problem + " at character " + at, null);
    }
}
