/** What was acknowledged is there after any end of the process; what was not may be missing, and hurts nothing. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFile, type FileHandle, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { type Entry, Journal } from "../src/journal";

async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "koru-journal-"));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, "below", "window.jsonl");
}

const entry = (drive_id: string, state: Entry["state"] = "touched"): Entry => ({
  drive_id,
  state,
  at_ms: 1,
  pid: process.pid,
  facts: [],
});

test("the last word on a drive is found again, and only the owner can read it", async (t) => {
  const path = await place(t);
  const first = await Journal.open(path);
  await first.write(entry("a", "begun"));
  await first.write(entry("b", "begun"));
  await first.write(entry("a", "submitted"));
  await first.close();
  const second = await Journal.open(path);
  assert.deepEqual(
    ["a", "b", "c"].map((id) => second.find(id)?.state),
    ["submitted", "begun", undefined],
  );
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await stat(join(path, ".."))).mode & 0o777, 0o700);
  await second.close();
});

test("a last line cut at any byte costs that line and no other", async (t) => {
  const path = await place(t);
  const journal = await Journal.open(path);
  await journal.write(entry("kept"));
  const before = (await stat(path)).size;
  await journal.write(entry("cut"));
  await journal.close();
  const whole = await readFile(path);
  for (let size = before; size < whole.length; size += 1) {
    await writeFile(path, whole);
    await truncate(path, size);
    const torn = await Journal.open(path);
    assert.deepEqual([torn.find("kept")?.state, torn.find("cut")], ["touched", undefined], `cut at ${size}`);
    await torn.write(entry("later"));
    await torn.close();
    const healed = await Journal.open(path);
    assert.equal(healed.find("later")?.state, "touched", `written after a cut at ${size}`);
    await healed.close();
  }
});

test("lines that are no entries are passed over", async (t) => {
  const path = await place(t);
  const journal = await Journal.open(path);
  await journal.write(entry("a"));
  await journal.close();
  await appendFile(path, '\0\0\0\n{"drive_id":1}\nnull\n[]\n');
  const again = await Journal.open(path);
  assert.equal(again.find("a")?.state, "touched");
  await again.close();
});

test("it stays bounded, and forgets the oldest first", async (t) => {
  const path = await place(t);
  const journal = await Journal.open(path);
  const writes: Promise<void>[] = [];
  for (let number = 0; number < 9000; number += 1) writes.push(journal.write(entry(`d-${number}`)));
  // Changed again, it is not among the oldest any more.
  writes.push(
    journal.write(entry("d-8001", "submitted")),
    journal.write(entry("d-9000")),
    journal.write(entry("d-9001")),
  );
  await Promise.all(writes);
  await journal.close();
  const lines = (await readFile(path, "utf8")).split("\n").length;
  assert(lines < 8002, `${lines} lines`);
  const again = await Journal.open(path);
  assert.deepEqual(
    ["d-8000", "d-8001", "d-8002", "d-8003", "d-9001"].map((id) => again.find(id)?.state),
    [undefined, "submitted", undefined, "touched", "touched"],
  );
  await again.close();
});

test("a write that fails is told, and the next one works", async (t) => {
  const path = await place(t);
  const journal = await Journal.open(path);
  const unwritable = { ...entry("a"), at_ms: 1n } as unknown as Entry;
  await assert.rejects(journal.write(unwritable), TypeError);
  assert.equal(journal.find("a"), undefined);
  await journal.write(entry("b"));
  await journal.close();
});

test("nothing is acknowledged before the disk has it", async (t) => {
  const path = await place(t);
  const journal = await Journal.open(path);
  const probe = await open(path, "r");
  const handle = Object.getPrototypeOf(probe) as { datasync: () => Promise<void> };
  await probe.close();
  const real = handle.datasync;
  let synced = false;
  t.mock.method(handle, "datasync", async function (this: FileHandle) {
    await new Promise((resolve) => setImmediate(resolve));
    await real.call(this);
    synced = true;
  });
  await journal.write(entry("a"));
  assert(synced);
  await journal.close();
});

test("SIGKILL at any moment loses nothing that was acknowledged", async (t) => {
  const path = await place(t);
  for (let round = 0; round < 5; round += 1) {
    const writer = spawn(process.execPath, [join(__dirname, "journal_writer.js"), path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    const ended = new Promise((resolve) => writer.once("close", resolve));
    writer.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.split("\n").length > 20 * (round + 1)) writer.kill("SIGKILL");
    });
    await ended;
    const acknowledged = said.split("\n").slice(0, -1);
    const journal = await Journal.open(path);
    assert(acknowledged.length > 20 * round);
    for (const id of acknowledged) assert.equal(journal.find(id)?.state, "touched", id);
    await journal.close();
  }
});
