/** When are two texts the same prompt? The daemon answers alike; tests/vectors/text_hash.jsonl holds both to it. */
import { createHash } from "node:crypto";

const ASCII_WHITESPACE = " \t\n\r\f\v";

/** One kind of newline, NFC, no ASCII white space at the ends. */
export function normalise(text: string): string {
  return strip(text.replace(/\r\n?/g, "\n").normalize("NFC"));
}

/** SHA-256 of the normalised text, 64 hexadecimal digits. */
export function textSha(text: string): string {
  return createHash("sha256").update(normalise(text), "utf8").digest("hex");
}

// By index: an expression with `+$` is quadratic on a long run of spaces.
function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ASCII_WHITESPACE.includes(text.charAt(start))) start += 1;
  while (end > start && ASCII_WHITESPACE.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
