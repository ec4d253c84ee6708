"""Writes the messages as TypeScript: types for the compiler, and the same shapes as data for `validate.ts`."""

import json

from bridge.protocol.errors import Reason
from bridge.protocol.shapes import (
    REQUIRED,
    Choice,
    FieldShape,
    Flag,
    Kind,
    Many,
    Ref,
    Shape,
    Text,
    Whole,
    choices,
    constants,
    methods,
    shapes,
)

_HEAD = """\
// Generated from bridge/protocol/messages.py by `python -m bridge.protocol.generate`. Do not edit.

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


def _interface(shape: Shape) -> str:
    lines = [f"  readonly {_property(each)};" for each in shape.fields]
    doc = shape.doc.replace("\n", "\n * ").replace("\n * \n", "\n *\n")
    doc = f"/**\n * {doc}\n */" if "\n" in doc else f"/** {doc} */"
    if not lines:
        return f"{doc}\nexport type {shape.name} = Readonly<Record<string, never>>;\n"
    return "\n".join([doc, f"export interface {shape.name} {{", *lines, "}", ""])


def _property(field: FieldShape) -> str:
    optional = field.default is None
    return f"{field.name}{'?' if optional else ''}: {_type(field.kind)}{' | undefined' if optional else ''}"


def _type(kind: Kind) -> str:
    match kind:
        case Text():
            return "string"
        case Whole():
            return "number"
        case Flag():
            return "boolean"
        case Choice(values, alias):
            return alias or _union(values).strip()
        case Many(of):
            return f"readonly {_type(of)}[]" if not isinstance(of, Choice) or of.alias else f"readonly ({_type(of)})[]"
        case Ref(name):
            return name


def _types(known: list[Shape]) -> str:
    lines = [f"  readonly {shape.name}: {shape.name};" for shape in known]
    return "\n".join(["export interface Messages {", *lines, "}", "", "export type MessageName = keyof Messages;", ""])


def _shapes(known: list[Shape]) -> str:
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


def _kind(kind: Kind) -> dict[str, object]:
    match kind:
        case Text(least, most, pattern):
            rules = {"least": least, "most": most, "pattern": pattern}
            return {"is": "string"} | {name: rule for name, rule in rules.items() if rule is not None}
        case Whole(least, most):
            return {"is": "integer", "least": least, "most": most}
        case Flag():
            return {"is": "boolean"}
        case Choice(values):
            return {"is": "choice", "values": list(values)}
        case Many(of):
            return {"is": "list", "of": _kind(of)}
        case Ref(name):
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
