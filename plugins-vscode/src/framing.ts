/** Cuts a stream of bytes into lines at \n only; decoding is for later, so a character cut in two is no matter. */
import { LINE_MAX_BYTES } from "./protocol.gen";

/** Stands in the place of a line that was longer than the limit; its content is gone. */
export const OVERSIZE = Symbol("a line longer than the limit");

export type Line = Buffer | typeof OVERSIZE;

/** Holds at most `limit` bytes and the chunk being fed. */
export class LineReader {
  private held: Buffer[] = [];
  private heldBytes = 0;
  private skipping = false;

  constructor(private readonly limit: number = LINE_MAX_BYTES) {}

  /** The lines that `chunk` completes, without their \n. An oversize line is told once, as soon as it is one. */
  feed(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.end(chunk.subarray(start, end), lines);
      start = end + 1;
    }
    if (start < chunk.length) this.hold(chunk.subarray(start), lines);
    return lines;
  }

  private end(piece: Buffer, lines: Line[]): void {
    if (!this.skipping && this.heldBytes + piece.length > this.limit) lines.push(OVERSIZE);
    else if (!this.skipping) lines.push(Buffer.concat([...this.held, piece]));
    this.drop();
    this.skipping = false;
  }

  private hold(piece: Buffer, lines: Line[]): void {
    if (this.skipping) return;
    this.heldBytes += piece.length;
    if (this.heldBytes <= this.limit) {
      // A copy, because a stream may reuse the memory of its chunks.
      this.held.push(Buffer.from(piece));
      return;
    }
    this.drop();
    this.skipping = true;
    lines.push(OVERSIZE);
  }

  private drop(): void {
    this.held = [];
    this.heldBytes = 0;
  }
}
