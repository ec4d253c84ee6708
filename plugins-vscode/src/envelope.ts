/** JSON-RPC 2.0 around the messages: the bytes of one line to a call, a reply or a refusal, and back. No state. */
import { type ErrorObject, LINE_MAX_BYTES, SAFE_INTEGER } from "./protocol.gen";
import { decode, isObject, type JsonObject, WireError } from "./validate";

export type Id = number | string;

/** A request, or with `id` undefined a notification. `params` are not validated yet. */
export interface Call {
  readonly is: "call";
  readonly id: Id | undefined;
  readonly method: string;
  readonly params: JsonObject;
}

/** The answer to a request of ours; `result` is not validated yet. */
export interface Reply {
  readonly is: "reply";
  readonly id: Id | undefined;
  readonly result?: unknown;
  readonly error?: ErrorObject;
}

/** A line that is no message. `id` is that of the request, where it could be read. */
export interface Refused {
  readonly is: "refused";
  readonly id: Id | undefined;
  readonly error: WireError;
}

const NESTING_MAX = 200;
const ID_MAX_CHARS = 256;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What a line (without its \n) says. Never throws. */
export function readLine(line: Uint8Array): Call | Reply | Refused {
  let wire: unknown;
  try {
    if (line.length > LINE_MAX_BYTES) throw tooLong();
    wire = parse(line);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { is: "refused", id: undefined, error };
  }
  if (!isObject(wire)) return refuse(undefined, "a line holds one JSON object; batches are not supported");
  const id = wire["id"] ?? undefined;
  if (id !== undefined && !isId(id)) {
    return refuse(undefined, "an id is an integer within 2^53 or a string of 1 to 256 characters", "id");
  }
  if (wire["jsonrpc"] !== "2.0") return refuse(id, 'every message says "jsonrpc": "2.0"', "jsonrpc");
  return Object.hasOwn(wire, "method") ? readCall(wire, id) : readReply(wire, id);
}

function readCall(wire: JsonObject, id: Id | undefined): Call | Refused {
  const method = wire["method"];
  const params = Object.hasOwn(wire, "params") ? wire["params"] : {};
  if (typeof method !== "string" || method === "") return refuse(id, "a method is a non-empty string", "method");
  if (!isObject(params)) return refuse(id, "params are an object", "params");
  if (id === undefined && Object.hasOwn(wire, "id")) return refuse(id, "the id of a request is not null", "id");
  if (Object.hasOwn(wire, "result") || Object.hasOwn(wire, "error")) {
    return refuse(id, "a message is a request or an answer, not both");
  }
  return { is: "call", id, method, params };
}

function readReply(wire: JsonObject, id: Id | undefined): Reply | Refused {
  const failed = Object.hasOwn(wire, "error");
  if (failed === Object.hasOwn(wire, "result")) return refuse(id, "a message has a method, a result or an error");
  if (failed) return { is: "reply", id, error: remoteError(wire["error"]) };
  if (id === undefined) return refuse(id, "a result carries the id of its request", "id");
  return { is: "reply", id, result: wire["result"] };
}

function remoteError(wire: unknown): ErrorObject {
  try {
    return decode("ErrorObject", wire);
  } catch {
    const message = "the other side answered with an error that is not one";
    return { code: -32000, message, data: { reason: "invalid_result", retry: false } };
  }
}

function isId(value: unknown): value is Id {
  if (typeof value === "number") return Number.isSafeInteger(value) && Math.abs(value) <= SAFE_INTEGER;
  return typeof value === "string" && value !== "" && [...value].length <= ID_MAX_CHARS;
}

function refuse(id: Id | undefined, message: string, where?: string): Refused {
  return { is: "refused", id, error: new WireError("invalid_request", message, where) };
}

/** Strict JSON: valid UTF-8 without a byte order mark, no lone surrogates, at most 200 levels. Throws WireError. */
export function parse(line: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(utf8.decode(line));
    inspect(value, 1);
    return value;
  } catch (error) {
    // The text of a SyntaxError quotes the line.
    throw error instanceof WireError ? error : new WireError("parse_error", "the line is not JSON in UTF-8");
  }
}

function inspect(value: unknown, level: number): void {
  if (typeof value === "string") inspectText(value);
  if (typeof value !== "object" || value === null) return;
  if (level > NESTING_MAX) throw new WireError("parse_error", `the line is nested deeper than ${NESTING_MAX} levels`);
  for (const [name, each] of Object.entries(value)) {
    inspectText(name);
    inspect(each, level + 1);
  }
}

function inspectText(text: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new WireError("parse_error", "the line holds a lone surrogate");
}

/** One line with its \n. Throws WireError (line_too_long, invalid_request). */
export function encodeLine(message: JsonObject): Buffer {
  const text = JSON.stringify({ jsonrpc: "2.0", ...message });
  // JSON.stringify escapes lone surrogates, which no reader of the wire accepts.
  if (/\\ud[89a-f]/.test(text) && hasLoneSurrogate(message)) {
    throw new WireError("invalid_request", "the message holds a lone surrogate");
  }
  const line = Buffer.from(`${text}\n`, "utf8");
  if (line.length - 1 > LINE_MAX_BYTES) throw tooLong();
  return line;
}

function tooLong(): WireError {
  return new WireError("line_too_long", `a line of the wire is longer than ${LINE_MAX_BYTES} bytes`);
}

function hasLoneSurrogate(value: unknown): boolean {
  try {
    inspect(value, 1);
    return false;
  } catch {
    return true;
  }
}
