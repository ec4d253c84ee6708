/**
 * What this window did for which drive, on disk before it is done: one JSON line a change, fsynced, never a prompt.
 * A line cut off by a crash is dropped; everything that was acknowledged before it is kept.
 */
import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Disposition, FactReport, JournalState } from "./protocol.gen";

/** The last word on a drive. `ended` is the answer that was given, absent while the delivery runs. */
export interface Entry {
  readonly drive_id: string;
  readonly state: JournalState;
  readonly at_ms: number;
  /** The process that wrote it. */
  readonly pid: number;
  readonly facts: readonly FactReport[];
  readonly text_sha?: string;
  readonly ended?: { readonly disposition: Disposition; readonly blocker?: string; readonly message?: string };
}

const DRIVES_MAX = 1000;
const LINES_MAX = 8 * DRIVES_MAX;
const NEWLINE = 10;

export class Journal {
  private queue: Promise<unknown> = Promise.resolve();
  private lines = 0;

  private constructor(
    readonly path: string,
    private file: FileHandle,
    private readonly entries: Map<string, Entry>,
  ) {}

  /** Reads what is there and keeps the last DRIVES_MAX drives. Rejects when the file cannot be read or written. */
  static async open(path: string): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const entries = new Map<string, Entry>();
    for (const line of await readLines(path)) {
      const entry = parse(line);
      if (entry !== undefined) remember(entries, entry);
    }
    const journal = new Journal(path, await rewrite(path, entries), entries);
    journal.lines = entries.size;
    return journal;
  }

  find(driveId: string): Entry | undefined {
    return this.entries.get(driveId);
  }

  /** On disk when it resolves. Rejects when it could not be written; then nothing may be done on its strength. */
  write(entry: Entry): Promise<void> {
    const written = this.queue.then(() => this.append(entry));
    this.queue = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.queue;
    await this.file.close();
  }

  private async append(entry: Entry): Promise<void> {
    await this.file.appendFile(`${JSON.stringify(entry)}\n`);
    await this.file.datasync();
    remember(this.entries, entry);
    this.lines += 1;
    if (this.lines > LINES_MAX) await this.compact();
  }

  private async compact(): Promise<void> {
    const old = this.file;
    this.file = await rewrite(this.path, this.entries);
    this.lines = this.entries.size;
    await old.close();
  }
}

function remember(entries: Map<string, Entry>, entry: Entry): void {
  // Taken out first, so that the order is that of the last change.
  entries.delete(entry.drive_id);
  entries.set(entry.drive_id, entry);
  const [oldest] = entries.keys();
  if (entries.size > DRIVES_MAX && oldest !== undefined) entries.delete(oldest);
}

async function readLines(path: string): Promise<Buffer[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  // What follows the last \n was never acknowledged.
  return lines;
}

function parse(line: Buffer): Entry | undefined {
  try {
    const value = JSON.parse(line.toString("utf8")) as Partial<Entry> | null;
    const whole = typeof value?.drive_id === "string" && typeof value.state === "string" && Array.isArray(value.facts);
    return whole ? (value as Entry) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes all entries beside the file, puts them in its place, and opens it for appending. */
async function rewrite(path: string, entries: ReadonlyMap<string, Entry>): Promise<FileHandle> {
  const fresh = `${path}.new`;
  const file = await open(fresh, "w", 0o600);
  try {
    await file.writeFile([...entries.values()].map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    await file.sync();
    await rename(fresh, path);
    await syncDirectory(dirname(path));
  } finally {
    await file.close();
  }
  return open(path, "a", 0o600);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
