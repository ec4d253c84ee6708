/** The vectors of tests/vectors (their README says how to read them), against the TypeScript side of the wire. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { encodeLine, readLine } from "../src/envelope";
import { METHODS, type MessageName, type Method } from "../src/protocol.gen";
import { normalise, textSha } from "../src/textHash";
import { decode, WireError } from "../src/validate";

interface Vector {
  readonly name: string;
  readonly kind?: "params" | "result" | "error" | "line" | "conversation";
  readonly valid: boolean;
  readonly method?: Method;
  readonly type?: MessageName;
  readonly wire?: unknown;
  readonly encoded?: unknown;
  readonly where?: string | null;
  readonly line?: string;
  readonly base64?: string;
  readonly pad_to?: number;
  readonly is?: string;
  readonly params?: unknown;
  readonly reason?: string;
  readonly text?: string;
  readonly normalised?: string;
  readonly sha256?: string;
}

const folder = join(process.cwd(), "..", "tests", "vectors");
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith(".jsonl"))
  .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as Vector);

function typeOf(vector: Vector): MessageName {
  if (vector.type !== undefined) return vector.type;
  assert(vector.method !== undefined);
  const { params, result } = METHODS[vector.method];
  const name = vector.kind === "params" ? params : result;
  assert(name !== null);
  return name;
}

function checkMessage(vector: Vector): void {
  const name = typeOf(vector);
  if (vector.valid) {
    const encoded: unknown = JSON.parse(JSON.stringify(decode(name, vector.wire)));
    assert.deepEqual(encoded, vector.encoded ?? vector.wire);
    return;
  }
  assert.throws(
    () => decode(name, vector.wire),
    (error) => error instanceof WireError && (error.where ?? null) === vector.where,
  );
}

function lineOf(vector: Vector): Buffer {
  if (vector.base64 !== undefined) return Buffer.from(vector.base64, "base64");
  const line = vector.line ?? "";
  if (vector.pad_to === undefined) return Buffer.from(line, "utf8");
  return Buffer.from(line.replace("<pad>", "x".repeat(vector.pad_to - Buffer.byteLength(line) + "<pad>".length)));
}

interface Understood {
  readonly is: string;
  readonly reason?: string;
  readonly params?: unknown;
}

function understood(line: Buffer): Understood {
  const message = readLine(line);
  if (message.is === "refused") return { is: "refused", reason: message.error.reason };
  if (message.is === "reply") return { is: message.error === undefined ? "result" : "error" };
  if (!Object.hasOwn(METHODS, message.method)) return { is: "refused", reason: "unknown_method" };
  const method = METHODS[message.method as Method];
  const isNotification = message.id === undefined;
  if (isNotification !== (method.result === null)) return { is: "refused", reason: "invalid_request" };
  try {
    return { is: isNotification ? "notification" : "request", params: decode(method.params, message.params) };
  } catch (error) {
    assert(error instanceof WireError);
    return { is: "refused", reason: error.reason };
  }
}

function checkLine(vector: Vector): void {
  const found = understood(lineOf(vector));
  assert.equal(found.is, vector.valid ? vector.is : "refused");
  if (!vector.valid) assert.equal(found.reason, vector.reason);
  if (vector.pad_to === undefined && vector.params !== undefined) {
    assert.deepEqual(JSON.parse(JSON.stringify(found.params)), vector.params);
  }
}

function checkHash(vector: Vector): void {
  assert(vector.text !== undefined);
  assert.equal(normalise(vector.text), vector.normalised);
  assert.equal(textSha(vector.text), vector.sha256);
}

for (const vector of vectors) {
  if (vector.sha256 !== undefined) test(vector.name, () => checkHash(vector));
  else if (vector.kind === "line") test(`line: ${vector.name}`, () => checkLine(vector));
  else if (vector.kind !== undefined && vector.kind !== "conversation") {
    test(`${vector.kind}: ${vector.name}`, () => checkMessage(vector));
  }
}

test("the vectors are there", () => {
  assert(vectors.filter((vector) => vector.kind === "line").length > 100);
  assert(vectors.filter((vector) => vector.wire !== undefined).length > 150);
});

test("what is written can be read", () => {
  const text = '\u{1F600}\u2028\u0085\0 "\\';
  const line = encodeLine({ method: "log/message", params: { level: "info", message: text } });
  assert.equal(line.indexOf("\n"), line.length - 1);
  const call = readLine(line.subarray(0, -1));
  assert(call.is === "call");
  assert.equal(decode("LogMessage", call.params).message, text);
});

test("what no reader accepts is not written", () => {
  const say = (message: string) => () => encodeLine({ method: "log/message", params: { level: "info", message } });
  assert.throws(say("\ud800"), { reason: "invalid_request" });
  assert.throws(say("x".repeat(1_048_576)), { reason: "line_too_long" });
  assert.doesNotThrow(say("\\ud800"), "a backslash and five characters are no surrogate");
});
