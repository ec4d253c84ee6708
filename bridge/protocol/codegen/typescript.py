"""Writes the messages as TypeScript: types for the compiler, and the same shapes as data for `validate.ts`."""

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
    choices,
    constants,
    methods,
    shapes,
)
from bridge.protocol.errors import Reason

_HEAD = """\
// Generated from bridge/protocol/messages by `python -m bridge.protocol.codegen.generate`. Do not edit.

/** What a value may be, as `validate.ts` reads it. Lengths count code points; a pattern must match the whole. */
export type Kind =
  | { readonly is: "string"; readonly least?: number; readonly most?: number; readonly pattern?: string }
  | { readonly is: "integer"; readonly least: number; readonly most: number }
  | { readonly is: "boolean" }
  | { readonly is: "choice"; readonly values: readonly string[] }
  | { readonly is: "list"; readonly of: Kind }
  | { readonly is: "message"; readonly name: MessageName };

/** `need`: "required"; "optional" (absent and null are the same); or a default (absent takes it, null is refused). */
export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly need: "required" | "optional" | { readonly default: string | number | boolean };
}
"""


def write() -> str:
    """The text of `plugins-vscode/src/protocol.gen.ts`."""
    known = shapes()
    parts = [
        _HEAD,
        "\n".join(f"export const {name} = {value};" for name, value in constants().items()) + "\n",
        "\n".join(f"export type {name} ={_union(values)};" for name, values in choices().items()) + "\n",
        "/** The stable words of errors; a newer peer may use others. */\n"
        f"export type Reason ={_union(tuple(Reason))};\n",
        *map(_interface, known),
        _types(known),
        _shapes(known),
        _methods(),
    ]
    return "\n".join(parts)


def _union(values: tuple[str, ...]) -> str:
    line = " | ".join(map(json.dumps, values))
    return f" {line}" if len(line) < 90 else "".join(f"\n  | {json.dumps(value)}" for value in values)


def _interface(shape: MessageShape) -> str:
    lines = [f"  readonly {_property(each)};" for each in shape.fields]
    doc = shape.doc.replace("\n", "\n * ").replace("\n * \n", "\n *\n")
    doc = f"/**\n * {doc}\n */" if "\n" in doc else f"/** {doc} */"
    if not lines:
        return f"{doc}\nexport type {shape.name} = Readonly<Record<string, never>>;\n"
    return "\n".join([doc, f"export interface {shape.name} {{", *lines, "}", ""])


def _property(field: FieldShape) -> str:
    optional = field.default is None
    return f"{field.name}{'?' if optional else ''}: {_type(field.kind)}{' | undefined' if optional else ''}"


def _type(kind: TypeShape) -> str:
    match kind:
        case TextShape():
            return "string"
        case IntegerShape():
            return "number"
        case BooleanShape():
            return "boolean"
        case ChoiceShape(values, alias):
            return alias or _union(values).strip()
        case ListShape(of):
            return (
                f"readonly {_type(of)}[]"
                if not isinstance(of, ChoiceShape) or of.alias
                else f"readonly ({_type(of)})[]"
            )
        case ReferenceShape(name):
            return name


def _types(known: list[MessageShape]) -> str:
    lines = [f"  readonly {shape.name}: {shape.name};" for shape in known]
    return "\n".join(["export interface Messages {", *lines, "}", "", "export type MessageName = keyof Messages;", ""])


def _shapes(known: list[MessageShape]) -> str:
    lines = ["export const SHAPES: Readonly<Record<MessageName, readonly Field[]>> = {"]
    for shape in known:
        if shape.fields:
            lines += [f"  {shape.name}: [", *(f"    {_data(_field(each))}," for each in shape.fields), "  ],"]
        else:
            lines.append(f"  {shape.name}: [],")
    return "\n".join([*lines, "};", ""])


def _field(field: FieldShape) -> dict[str, object]:
    need: object = {"default": field.default}
    if field.default is REQUIRED or field.default is None:
        need = "required" if field.default is REQUIRED else "optional"
    return {"name": field.name, "kind": _kind(field.kind), "need": need}


def _kind(kind: TypeShape) -> dict[str, object]:
    match kind:
        case TextShape(least, most, pattern):
            rules = {"least": least, "most": most, "pattern": pattern}
            return {"is": "string"} | {name: rule for name, rule in rules.items() if rule is not None}
        case IntegerShape(least, most):
            return {"is": "integer", "least": least, "most": most}
        case BooleanShape():
            return {"is": "boolean"}
        case ChoiceShape(values):
            return {"is": "choice", "values": list(values)}
        case ListShape(of):
            return {"is": "list", "of": _kind(of)}
        case ReferenceShape(name):
            return {"is": "message", "name": name}


def _data(value: object) -> str:
    """A TypeScript literal on one line."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{name}: {_data(each)}" for name, each in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(_data, value)) + "]"
        case _:
            return json.dumps(value)


def _methods() -> str:
    table = ["/** The names of the wire. `result` is null for notifications. */", "export interface Methods {"]
    data = [
        "export const METHODS: {",
        "  readonly [M in Method]: {",
        '    readonly answeredBy: "daemon" | "plugin" | "client" | "any";',
        "    readonly askedBy: readonly Role[];",
        "    readonly params: MessageName;",
        "    readonly result: MessageName | null;",
        "  };",
        "} = {",
    ]
    for name, method in methods():
        params, result = method.params.__name__, method.result.__name__ if method.result else None
        key = json.dumps(name)
        table.append(f"  readonly {key}: {{ readonly params: {params}; readonly result: {result or 'null'} }};")
        entry = {
            "answeredBy": method.answered_by,
            "askedBy": sorted(method.asked_by),
            "params": params,
            "result": result,
        }
        data.append(f"  {key}: {_data(entry)},")
    names = ["}", "", "export type Method = keyof Methods;", _names("PluginMethod", "plugin"), ""]
    return "\n".join([*table, *names, *data, "};", ""])


def _names(alias: str, answered_by: str) -> str:
    asked = tuple(name for name, method in methods() if method.answered_by in (answered_by, "any"))
    return f"/** What a plugin must answer. */\nexport type {alias} ={_union(asked)};"
