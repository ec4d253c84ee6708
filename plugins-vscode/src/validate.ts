/**
 * Decides at run time what the compiler cannot know: whether a value from the wire is the message it should be.
 * Gives the same verdicts as the daemon, except that JSON.parse has already turned 1.0 into 1.
 */
import { type Field, type Kind, type MessageName, type Messages, type Reason, SHAPES } from "./protocol.gen";

export type JsonObject = { readonly [name: string]: unknown };

/** A refusal, in the words of the wire. Never holds a part of the value that was refused. */
export class WireError extends Error {
  constructor(
    readonly reason: Reason,
    message: string,
    readonly where?: string,
    readonly hint?: string,
  ) {
    super(message);
    this.name = "WireError";
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The message in `wire`: unknown fields dropped, null for "not given" dropped, defaults filled in.
 * Throws WireError (`reason`, by default invalid_params) naming the field.
 */
export function decode<N extends MessageName>(name: N, wire: unknown, reason: Reason = "invalid_params"): Messages[N] {
  return message(name, wire, "", reason) as Messages[N];
}

function message(name: MessageName, wire: unknown, where: string, reason: Reason): JsonObject {
  if (!isObject(wire)) throw refused(reason, where, "should be an object");
  const decoded: Record<string, unknown> = {};
  for (const field of SHAPES[name]) {
    const at = where === "" ? field.name : `${where}.${field.name}`;
    const value = fieldValue(field, Object.hasOwn(wire, field.name) ? wire[field.name] : undefined, at, reason);
    if (value !== undefined) decoded[field.name] = value;
  }
  return decoded;
}

function fieldValue(field: Field, value: unknown, where: string, reason: Reason): unknown {
  if (field.need === "optional" && (value === undefined || value === null)) return undefined;
  if (value !== undefined) return checked(field.kind, value, where, reason);
  if (typeof field.need === "object") return field.need.default;
  throw refused(reason, where, "is required");
}

function checked(kind: Kind, value: unknown, where: string, reason: Reason): unknown {
  switch (kind.is) {
    case "message":
      return message(kind.name, value, where, reason);
    case "list":
      if (!Array.isArray(value)) throw refused(reason, where, "should be an array");
      return value.map((each: unknown, index) => checked(kind.of, each, `${where}.${index}`, reason));
    default: {
      const problem = scalarProblem(kind, value);
      if (problem !== undefined) throw refused(reason, where, problem);
      return value;
    }
  }
}

type Scalar = Exclude<Kind, { readonly is: "message" | "list" }>;

function scalarProblem(kind: Scalar, value: unknown): string | undefined {
  switch (kind.is) {
    case "boolean":
      return typeof value === "boolean" ? undefined : "should be true or false";
    case "choice":
      return typeof value === "string" && kind.values.includes(value)
        ? undefined
        : `should be one of ${kind.values.join(", ")}`;
    case "integer":
      return Number.isSafeInteger(value) && (value as number) >= kind.least && (value as number) <= kind.most
        ? undefined
        : `should be an integer from ${kind.least} to ${kind.most}`;
    case "string":
      return textProblem(kind, value);
  }
}

function textProblem(kind: Extract<Kind, { readonly is: "string" }>, value: unknown): string | undefined {
  if (typeof value !== "string") return "should be a string";
  if (kind.pattern !== undefined && !pattern(kind.pattern).test(value)) return `should match ${kind.pattern}`;
  if (kind.least === undefined && kind.most === undefined) return undefined;
  const length = codePoints(value);
  const fits = length >= (kind.least ?? 0) && length <= (kind.most ?? Infinity);
  return fits ? undefined : `should have ${kind.least ?? 0} to ${kind.most ?? "any number of"} characters`;
}

const compiled = new Map<string, RegExp>();

function pattern(source: string): RegExp {
  const known = compiled.get(source) ?? new RegExp(source, "u");
  compiled.set(source, known);
  return known;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function refused(reason: Reason, where: string, problem: string): WireError {
  return new WireError(reason, where === "" ? `the value ${problem}` : `${where} ${problem}`, where || undefined);
}
