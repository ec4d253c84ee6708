/** Lines out of bytes, however they are cut. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Line, LineReader, OVERSIZE } from "../src/framing";

const TEXT = Buffer.from('{"a":"\u{1F600}\u2028\u0085"}\n{}\n\n{"b":1}\r\n', "utf8");
const LINES = ['{"a":"\u{1F600}\u2028\u0085"}', "{}", "", '{"b":1}\r'];

const words = (lines: readonly Line[]) => lines.map((line) => (line === OVERSIZE ? "oversize" : line.toString("utf8")));

test("a stream cut in two at every byte gives the same lines", () => {
  for (let cut = 0; cut <= TEXT.length; cut += 1) {
    const reader = new LineReader();
    const lines = [...reader.feed(TEXT.subarray(0, cut)), ...reader.feed(TEXT.subarray(cut))];
    assert.deepEqual(words(lines), LINES, `cut at ${cut}`);
  }
});

test("a stream given byte by byte gives the same lines, also from memory that is used again", () => {
  const reader = new LineReader();
  const chunk = Buffer.alloc(1);
  const lines: Line[] = [];
  for (const byte of TEXT) {
    chunk[0] = byte;
    lines.push(...reader.feed(chunk));
  }
  assert.deepEqual(words(lines), LINES);
});

test("a line at the limit is a line, one byte more is told once and skipped to its end", () => {
  for (const size of [1, 3, 7, 100]) {
    const stream = Buffer.from(`${"x".repeat(8)}\n${"y".repeat(9)}\n${"z".repeat(80)}\nok\n`);
    const reader = new LineReader(8);
    const lines: Line[] = [];
    for (let start = 0; start < stream.length; start += size)
      lines.push(...reader.feed(stream.subarray(start, start + size)));
    assert.deepEqual(words(lines), ["xxxxxxxx", "oversize", "oversize", "ok"], `in pieces of ${size}`);
  }
});

test("an oversize line is told before it ends, and holds no memory", () => {
  const reader = new LineReader(8);
  assert.deepEqual(words(reader.feed(Buffer.from("123456789"))), ["oversize"]);
  for (let count = 0; count < 1000; count += 1) assert.deepEqual(reader.feed(Buffer.alloc(1000, "x")), []);
  assert.deepEqual(words(reader.feed(Buffer.from("\nok\n"))), ["ok"]);
});
