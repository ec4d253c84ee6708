/** A process for the kill test: journals drives as fast as it can, and says which ones are on disk. */
import { writeSync } from "node:fs";
import { Journal } from "../src/journal";

const [, , path] = process.argv;
if (path === undefined) throw new Error("give the journal's path");

async function write(file: string): Promise<never> {
  const journal = await Journal.open(file);
  for (let number = 0; ; number += 1) {
    const drive_id = `d-${number}`;
    await journal.write({ drive_id, state: "touched", at_ms: number, pid: process.pid, facts: [] });
    writeSync(1, `${drive_id}\n`);
  }
}

void write(path);
