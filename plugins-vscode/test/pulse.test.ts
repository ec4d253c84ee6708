/** A window that answers, one that answers with an error, one that is away and comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Pulse } from "../src/pulse";

test("an answer is a pulse, an error too", async () => {
  assert.equal(await new Pulse(() => Promise.resolve()).answers(60_000), true);
  assert.equal(await new Pulse(() => Promise.reject(new Error("no such command"))).answers(60_000), true);
});

test("a window that is away has none, and is knocked at once only", async () => {
  let knocks = 0;
  let back: () => void = () => undefined;
  const window = new Promise<void>((resolve) => (back = resolve));
  const pulse = new Pulse(() => ((knocks += 1), window));
  assert.deepEqual(await Promise.all([pulse.answers(1), pulse.answers(1)]), [false, false]);
  assert.equal(await pulse.answers(1), false);
  assert.equal(knocks, 1);
  const waiting = pulse.answers(60_000);
  back();
  assert.equal(await waiting, true);
  assert.equal(await pulse.answers(60_000), true);
  assert.equal(knocks, 2);
});
