"""Writes the messages as Java 17 records that decode explicitly: nothing absent, wrong or out of range becomes null."""

import json

from bridge.protocol.codegen.shapes import (
    REQUIRED,
    BooleanShape,
    ChoiceShape,
    FieldShape,
    IntegerShape,
    ListShape,
    MessageShape,
    ReferenceShape,
    TextShape,
    TypeShape,
    aliases,
    choices,
    constants,
    methods,
    shapes,
)

_HEAD = """\
// Generated from bridge/protocol/messages by `python -m bridge.protocol.codegen.generate`. Do not edit.
package dev.koru.protocol;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every message of the wire. A component that is null was not given. */
public final class Messages {
    private Messages() {}

    /** What all messages can do. */
    public interface Message {
        /** The fields as they go on the wire; those that are null stay away. */
        Map<String, Object> encode();
    }

    /** Makes a message of a parsed value. Throws WireException naming the field. */
    public interface Decoder {
        Message decode(Object wire);
    }

    /** One name of the wire. {@code result} is null for notifications. */
    public record Method(String answeredBy, Decoder params, Decoder result) {}
"""
_RESERVED = {"interface", "default", "class", "wait", "notify", "clone", "finalize", "switch", "new", "package"}
_INT_MAX = 2**31 - 1


def write() -> str:
    """The text of `Messages.java`."""
    parts = [_HEAD, _constants(), _readers(), *map(_enum, choices().items()), *map(_record, shapes()), _methods()]
    return "\n".join(parts) + "}\n"


def _constants() -> str:
    lines = [
        f"    public static final {'int' if value <= _INT_MAX else 'long'} {name} = {_number(value)};"
        for name, value in constants().items()
    ]
    return "\n".join([*lines, ""])


def _number(value: int) -> str:
    return str(value) if abs(value) <= _INT_MAX else f"{value}L"


def _readers() -> str:
    lines = ["    private static final Wire.Reader<String> TEXT = Wire.text(0, Integer.MAX_VALUE, null);"]
    for kind, name in aliases().items():
        lines.append(f"    private static final Wire.Reader<{_type(kind, True)}> {_screaming(name)} = {_reader(kind)};")
    return "\n".join([*lines, ""])


def _screaming(name: str) -> str:
    return "".join(
        f"_{letter}" if letter.isupper() and at else letter.upper() for at, letter in enumerate(name)
    ).upper()


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    camel = first + "".join(map(str.capitalize, rest))
    return f"{camel}_" if camel in _RESERVED else camel


def _reader(kind: TypeShape) -> str:
    match kind:
        case TextShape(None, None, None):
            return "TEXT"
        case TextShape(least, most, pattern):
            longest = "Integer.MAX_VALUE" if most is None else most
            return f"Wire.text({least or 0}, {longest}, {json.dumps(pattern)})"
        case IntegerShape(least, most):
            return f"Wire.integer({_number(least)}, {_number(most)})"
        case BooleanShape():
            return "Wire::flag"
        case ChoiceShape(values, alias):
            return f"Wire.word({alias}.class)" if alias else f"Wire.choice({', '.join(map(json.dumps, values))})"
        case ListShape(of):
            return f"Wire.list({_known(of)})"
        case ReferenceShape(name):
            return f"{name}::read"


def _known(kind: TypeShape) -> str:
    alias = aliases().get(kind)
    return _screaming(alias) if alias else _reader(kind)


def _type(kind: TypeShape, boxed: bool) -> str:
    match kind:
        case IntegerShape():
            return "Long" if boxed else "long"
        case BooleanShape():
            return "Boolean" if boxed else "boolean"
        case ListShape(of):
            return f"List<{_type(of, True)}>"
        case ReferenceShape(name):
            return name
        case ChoiceShape(_, alias) if alias:
            return alias
        case _:
            return "String"


def _enum(choice: tuple[str, tuple[str, ...]]) -> str:
    name, values = choice
    if any(value != value.upper().lower() for value in values):
        raise TypeError(f"{name}: Java makes constants of the words and back by case; write them in lower case")
    words = ", ".join(value.upper() for value in values)
    return f"    public enum {name} {{ {words} }}\n"


def _record(shape: MessageShape) -> str:
    components = ", ".join(f"{_type(each.kind, each.default is None)} {_camel(each.name)}" for each in shape.fields)
    reads = ",".join(f"\n                    {_read(each)}" for each in shape.fields)
    doc = "\n     * ".join(shape.doc.splitlines()).replace("     * \n", "     *\n")
    body = (
        f"""\
            var fields = Wire.Fields.of(wire, where);
            return new {shape.name}({reads});"""
        if shape.fields
        else f"""\
            Wire.Fields.of(wire, where);
            return new {shape.name}();"""
    )
    puts = "".join(f"\n            {_put(each)}" for each in shape.fields)
    return f"""\
    /**
     * {doc}
     */
    public record {shape.name}({components}) implements Message {{
        public static {shape.name} decode(Object wire) {{
            return read(wire, "");
        }}

        private static {shape.name} read(Object wire, String where) {{
{body}
        }}

        @Override
        public Map<String, Object> encode() {{
            var wire = new LinkedHashMap<String, Object>();{puts}
            return wire;
        }}
    }}
"""


def _read(field: FieldShape) -> str:
    name, reader = json.dumps(field.name), _known(field.kind)
    if field.default is REQUIRED:
        return f"fields.required({name}, {reader})"
    if field.default is None:
        return f"fields.optional({name}, {reader})"
    return f"fields.orElse({name}, {reader}, {_default(field)})"


def _default(field: FieldShape) -> str:
    match field.kind:
        case IntegerShape():
            return f"{field.default}L"
        case ChoiceShape(_, alias) if alias:
            return f"{alias}.{str(field.default).upper()}"
        case _:
            return json.dumps(field.default)


def _put(field: FieldShape) -> str:
    name, value = json.dumps(field.name), _camel(field.name)
    put = f"wire.put({name}, {_encoded(field.kind, value)});"
    return f"if ({value} != null) {put}" if field.default is None else put


def _encoded(kind: TypeShape, value: str) -> str:
    match kind:
        case ReferenceShape():
            return f"{value}.encode()"
        case ChoiceShape(_, alias) if alias:
            return f"Wire.word({value})"
        case ListShape(ReferenceShape(name)):
            return f"{value}.stream().map({name}::encode).toList()"
        case ListShape(ListShape() | ChoiceShape()):
            raise TypeError("the Java writer knows lists of messages, strings, integers and booleans")
        case _:
            return value


def _methods() -> str:
    entries = [
        f"            Map.entry({json.dumps(name)}, new Method({json.dumps(method.answered_by)}, "
        f"{method.params.__name__}::decode, {f'{method.result.__name__}::decode' if method.result else 'null'}))"
        for name, method in methods()
    ]
    return (
        "\n".join(
            [
                "    /** The names of the wire. */",
                "    public static final Map<String, Method> METHODS = Map.ofEntries(",
                "",
            ]
        )
        + ",\n".join(entries)
        + ");\n"
    )
