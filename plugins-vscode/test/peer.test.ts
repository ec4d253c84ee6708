/** Two peers joined by an array: what each request, notification and bad line leads to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERSIZE } from "../src/framing";
import { type Handlers, Peer, RemoteError } from "../src/peer";
import { WireError } from "../src/validate";

interface Sent {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data: { readonly reason: string } };
}

function peer(handlers: Handlers = {}) {
  const sent: Sent[] = [];
  const failed: string[] = [];
  const dropped: string[] = [];
  const made = new Peer(
    (line) => sent.push(JSON.parse(line.toString("utf8")) as Sent),
    handlers,
    (method) => failed.push(method),
    (why) => dropped.push(why),
  );
  const take = async (message: object) => {
    made.receive(Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message })));
    await new Promise(setImmediate);
  };
  return { made, sent, failed, dropped, take };
}

const reasonOf = (sent: Sent | undefined) => sent?.error?.data.reason;

test("a request gets its validated result", async () => {
  const { made, sent, take } = peer();
  const asked = made.request("ping", {}, 1000);
  assert.deepEqual(sent, [{ jsonrpc: "2.0", id: 1, method: "ping", params: {} }]);
  await take({ id: 1, result: { more: "of a newer peer" } });
  assert.deepEqual(await asked, {});
});

test("a request refused by the other side keeps its reason, and a result of the wrong shape is refused here", async () => {
  const { made, take } = peer();
  const refused = assert.rejects(made.request("ping", {}, 1000), (error: RemoteError) => {
    return error.reason === "superseded" && error.retry && error.message === "taken";
  });
  await take({ id: 1, error: { code: -32000, message: "taken", data: { reason: "superseded", retry: true } } });
  await refused;
  const wrong = assert.rejects(made.request("initialize", {} as never, 1000), { reason: "invalid_result" });
  await take({ id: 2, result: { protocol: "1" } });
  await wrong;
});

test("every request ends when the other side goes, or does not answer", async () => {
  const { made } = peer();
  await assert.rejects(made.request("ping", {}, 1), { reason: "timeout" });
  const waiting = [made.request("ping", {}, 60_000), made.request("ping", {}, 60_000)];
  const ended = Promise.allSettled(waiting);
  made.close("gone");
  for (const each of await ended) assert.equal((each as PromiseRejectedResult).reason.reason, "peer_gone");
  await assert.rejects(made.request("ping", {}, 60_000), { reason: "peer_gone" });
});

test("no more than 64 requests wait at once", async () => {
  const { made } = peer();
  const waiting = Promise.allSettled(Array.from({ length: 64 }, () => made.request("ping", {}, 60_000)));
  await assert.rejects(made.request("ping", {}, 60_000), { reason: "overloaded" });
  made.close("over");
  await waiting;
});

test("an answer that nobody waits for is ignored", async () => {
  const { sent, dropped, take } = peer();
  await take({ id: 99, result: {} });
  await take({ id: "x", error: { code: -1, message: "late", data: { reason: "timeout" } } });
  assert.deepEqual([sent, dropped], [[], []]);
});

test("an error that answers nothing is why the other side hangs up", async () => {
  const { dropped, take } = peer();
  await take({ id: null, error: { code: -32000, message: "another took its window", data: { reason: "superseded" } } });
  assert.deepEqual(dropped, ["another took its window"]);
});

test("ping is answered without a handler, others by theirs, unknown ones with an error", async () => {
  const { sent, take } = peer({
    "commands/list": ({ contains }) => Promise.resolve({ commands: [contains ?? "all"] }),
  });
  await take({ id: 1, method: "ping", params: {} });
  await take({ id: "two", method: "commands/list", params: { contains: "chat" } });
  await take({ id: 3, method: "window/reload", params: {} });
  await take({ id: 4, method: "constructor", params: {} });
  assert.deepEqual(
    sent.slice(0, 2).map(({ id, result }) => [id, result]),
    [
      [1, {}],
      ["two", { commands: ["chat"] }],
    ],
  );
  assert.deepEqual(
    sent.slice(2).map((each) => [each.id, each.error?.code, reasonOf(each)]),
    [
      [3, -32601, "unknown_method"],
      [4, -32601, "unknown_method"],
    ],
  );
});

test("params of the wrong shape name the field and never quote it", async () => {
  const { sent, take } = peer({ "drive/lookup": () => assert.fail("not reached") });
  await take({ id: 1, method: "drive/lookup", params: { drive_id: "secret prompt" } });
  assert.equal(reasonOf(sent[0]), "invalid_params");
  assert(!JSON.stringify(sent).includes("secret"));
});

test("an id in use is refused under no id, and free again after the answer", async () => {
  let finish: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (finish = resolve));
  const { sent, take } = peer({ "chat/open": () => gate.then(() => ({ issued: true })) });
  const call = { id: 1, method: "chat/open", params: { surface_id: "chat" } };
  await take(call);
  await take(call);
  assert.deepEqual([sent[0]?.id, reasonOf(sent[0])], [null, "invalid_request"]);
  finish();
  await new Promise(setImmediate);
  assert.deepEqual(sent[1]?.result, { issued: true });
  await take(call);
  assert.deepEqual(sent[2]?.result, { issued: true });
});

test("an unforeseen error tells its kind and not its text", async () => {
  const { sent, failed, take } = peer({ "chat/open": () => Promise.reject(new TypeError("secret prompt")) });
  await take({ id: 1, method: "chat/open", params: { surface_id: "chat" } });
  assert.deepEqual([reasonOf(sent[0]), failed], ["internal", ["chat/open"]]);
  assert(!JSON.stringify(sent).includes("secret"));
});

test("an answer too long for a line becomes an error", async () => {
  const { sent, take } = peer({ "commands/list": () => Promise.resolve({ commands: ["x".repeat(1_100_000)] }) });
  await take({ id: 1, method: "commands/list", params: {} });
  assert.deepEqual([sent[0]?.id, reasonOf(sent[0])], [1, "line_too_long"]);
});

test("lines that are no messages are answered, and 32 of them are enough", async () => {
  const { made, sent, dropped } = peer();
  made.receive(OVERSIZE);
  for (const line of ["", "x", "[]", '{"id":1}']) made.receive(Buffer.from(line));
  assert.deepEqual(sent.map(reasonOf), [
    "line_too_long",
    "parse_error",
    "parse_error",
    "invalid_request",
    "invalid_request",
  ]);
  for (let count = 5; count < 32; count += 1) made.receive(Buffer.from("x"));
  assert.equal(dropped.length, 1);
});

test("what cannot be written is refused to the one who says it", () => {
  const { made, sent } = peer();
  const line = { level: "info" as const, message: "\ud800" };
  assert.throws(
    () => made.notify("log/message", line),
    (error: WireError) => error.reason === "invalid_request",
  );
  assert.deepEqual(sent, []);
});
