/** Who is told what, in which order: in the answer or afterwards, never both and never neither. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeliverParams, FactReport } from "../src/protocol.gen";
import { RunningTask } from "../src/task";
import { textSha } from "../src/textHash";

const PARAMS: DeliverParams = {
  drive_id: "d",
  epoch: 1,
  surface_id: "chat",
  interface: "vscode_native_send",
  text: "x",
  text_sha: textSha("x"),
  submit: true,
  target: { new_chat: false },
  answer_within_ms: 1,
};

function task() {
  const told: FactReport[] = [];
  const made = new RunningTask(PARAMS, { touched: () => Promise.resolve(), tell: (fact) => told.push(fact) });
  return { made, kinds: () => told.map((fact) => fact.kind) };
}

test("what is learned before the answer is in it, what comes later is told", () => {
  const { made, kinds } = task();
  made.learn("inserted", "readback");
  made.whenPending(() => made.learn("submitted", "claim"));
  assert.deepEqual([made.facts.length, kinds()], [1, []]);
  made.markPending();
  assert.deepEqual([made.facts.map((fact) => fact.kind), kinds()], [["inserted", "submitted"], []]);
  made.learn("turn_ended", "host");
  assert.deepEqual([made.facts.length, kinds()], [3, ["turn_ended"]]);
});

test("what an interface has to say to a long turn is told, should it come after the answer", () => {
  const { made, kinds } = task();
  made.markPending();
  made.whenPending(() => made.learn("submitted", "claim"));
  assert.deepEqual(kinds(), ["submitted"]);
});

test("it is not said at all when the answer was in time", () => {
  const { made } = task();
  made.whenPending(() => assert.fail("nobody waited"));
  made.markTold();
});

test("the next drive may come when this one is with the host and was answered, in either order", async () => {
  for (const [first, second] of [["handOver", "markTold"] as const, ["markTold", "handOver"] as const]) {
    const { made } = task();
    let isFree = false;
    void made.free.then(() => (isFree = true));
    made[first]();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isFree, false, `only ${first}`);
    made[second]();
    await made.free;
  }
});
