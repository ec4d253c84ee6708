/** The connection over real Unix sockets: cut lines, a reader that does not read, daemons that die and come back. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Connection, type ConnectionOptions, type State } from "../src/connection";
import type { InitializeParams } from "../src/protocol.gen";
import { socketPath } from "../src/socket";

const HELLO: InitializeParams = { role: "plugin", name: "test", version: "0", protocol: { min: 1, max: 1 } };
const RESULT = { protocol: 1, daemon_version: "0", instance_id: "i", session_id: "s", epoch: 7, heartbeat_ms: 60_000 };

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly data: { readonly reason: string } };
}

/** A daemon in this process, which does what a test tells it to. */
class Daemon {
  readonly sockets: Socket[] = [];
  readonly received: Message[] = [];
  private held = "";
  private readonly server: Server;
  private readonly waiting: (() => void)[] = [];

  constructor(readonly hello: (daemon: Daemon, socket: Socket, id: number | undefined) => void = accept) {
    this.server = createServer((socket) => {
      this.sockets.push(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.wake());
      socket.on("data", (chunk: Buffer) => this.take(socket, chunk));
      this.wake();
    });
  }

  async listen(path: string): Promise<void> {
    this.server.listen(path);
    await once(this.server, "listening");
  }

  say(socket: Socket, message: object): void {
    socket.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  async until(met: () => boolean): Promise<void> {
    while (!met()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  end(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private take(socket: Socket, chunk: Buffer): void {
    this.held += chunk.toString("utf8");
    for (let end = this.held.indexOf("\n"); end >= 0; end = this.held.indexOf("\n")) {
      const message = JSON.parse(this.held.slice(0, end)) as Message;
      this.held = this.held.slice(end + 1);
      this.received.push(message);
      if (message.method === "initialize") this.hello(this, socket, message.id);
    }
    this.wake();
  }

  private wake(): void {
    for (const each of this.waiting.splice(0)) each();
  }
}

function accept(daemon: Daemon, socket: Socket, id: number | undefined): void {
  daemon.say(socket, { id, result: RESULT });
}

async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "koru-socket-"));
  await chmod(folder, 0o700);
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, "bridge.sock");
}

/** A connection, the states it went through, and a way to wait for one. */
function connection(t: TestContext, path: string, options: Partial<ConnectionOptions> = {}) {
  const states: State[] = [];
  const log: string[] = [];
  let wake: () => void = () => undefined;
  const made = new Connection({
    socketPath: () => path,
    hello: () => HELLO,
    handlers: {},
    attached: () => Promise.resolve(),
    windowTaken: () => assert.fail("nobody took the window"),
    changed: (state) => {
      states.push(state);
      wake();
    },
    log: (_level, message) => {
      log.push(message);
      wake();
    },
    ...options,
  });
  t.after(() => made.end());
  const reached = async (is: State["is"], times = 1) => {
    while (states.filter((state) => state.is === is).length < times) {
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const said = async (count: number) => {
    while (log.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { made, states, log, reached, said };
}

async function daemon(t: TestContext, path: string, hello?: Daemon["hello"]): Promise<Daemon> {
  const made = new Daemon(hello);
  await made.listen(path);
  t.after(() => made.end());
  return made;
}

test("it introduces itself first and answers what it is asked", async (t) => {
  const path = await place(t);
  const house = await daemon(t, path);
  const { made, reached } = connection(t, path, {
    handlers: { "commands/list": () => Promise.resolve({ commands: ["a"] }) },
  });
  made.start();
  made.start();
  await reached("connected");
  assert.equal(made.epoch, 7);
  const [socket] = house.sockets;
  assert(socket !== undefined && house.sockets.length === 1);
  house.say(socket, { id: 5, method: "commands/list", params: {} });
  await house.until(() => house.received.length === 2);
  assert.deepEqual(
    house.received.map(({ id, method, result }) => [id, method, result]),
    [
      [1, "initialize", undefined],
      [5, undefined, { commands: ["a"] }],
    ],
  );
});

test("lines cut at every byte are understood", async (t) => {
  const path = await place(t);
  const house = await daemon(t, path);
  const { made, reached } = connection(t, path, {
    handlers: { "commands/list": ({ contains }) => Promise.resolve({ commands: [contains ?? ""] }) },
  });
  made.start();
  await reached("connected");
  const [socket] = house.sockets;
  assert(socket !== undefined);
  socket.setNoDelay(true);
  const line = Buffer.from(
    `${JSON.stringify({ jsonrpc: "2.0", id: 9, method: "commands/list", params: { contains: "\u{1F600}\u2028" } })}\n`,
  );
  for (let cut = 1; cut < line.length; cut += 1) {
    const before = house.received.length;
    socket.write(line.subarray(0, cut));
    // Read by the other side before the rest follows: a turn of both event loops, which are one here.
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(line.subarray(cut));
    await house.until(() => house.received.length > before);
    assert.deepEqual(house.received.at(-1)?.result, { commands: ["\u{1F600}\u2028"] }, `cut at ${cut}`);
  }
});

test("a line that is too long is refused alone", async (t) => {
  const path = await place(t);
  const house = await daemon(t, path);
  const { made, reached } = connection(t, path);
  made.start();
  await reached("connected");
  const [socket] = house.sockets;
  assert(socket !== undefined);
  socket.write(`"${"x".repeat(1_048_576)}"\n`);
  house.say(socket, { id: 2, method: "ping", params: {} });
  await house.until(() => house.received.length === 3);
  assert.equal(house.received[1]?.error?.data.reason, "line_too_long");
  assert.deepEqual(house.received[2]?.result, {});
  assert.equal(made.state.is, "connected");
});

test("a daemon that does not read is dropped, with bounded memory", async (t) => {
  const path = await place(t);
  const house = await daemon(t, path);
  const { made, log, reached } = connection(t, path);
  made.start();
  await reached("connected");
  house.sockets[0]?.pause();
  const message = "x".repeat(100_000);
  let told = 0;
  for (; made.state.is === "connected" && told < 1000; told += 1) {
    made.notify("log/message", { level: "info", message });
    if (told % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  assert(told < 1000, "it would have queued for ever");
  await reached("connected", 2);
  assert(
    log.some((line) => line.includes("does not read")),
    log.join("\n"),
  );
});

test("it comes back when the daemon hangs up, and resends nothing", async (t) => {
  const path = await place(t);
  const house = await daemon(t, path);
  const { made, reached } = connection(t, path);
  made.start();
  await reached("connected");
  house.sockets[0]?.destroy();
  await reached("connecting", 2);
  made.notify("log/message", { level: "info", message: "nobody hears this" });
  await reached("connected", 2);
  made.notify("log/message", { level: "info", message: "this is heard" });
  await house.until(() => house.received.length === 3);
  assert.deepEqual(
    house.received.map((each) => each.method),
    ["initialize", "initialize", "log/message"],
  );
});

test("a daemon killed by SIGKILL is found again when it is back", async (t) => {
  const path = await place(t);
  const start = async () => {
    const child = spawn(process.execPath, [join(__dirname, "daemon_process.js"), path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => child.kill("SIGKILL"));
    await once(child.stdout, "data");
    return child;
  };
  const { made, reached } = connection(t, path);
  made.start();
  for (let round = 1; round <= 3; round += 1) {
    const child = await start();
    await reached("connected", round);
    assert.equal(made.epoch, child.pid);
    child.kill("SIGKILL");
    await reached("connecting", round + 1);
  }
});

test("requests of ours end when the daemon goes", async (t) => {
  const path = await place(t);
  const silent = await daemon(t, path, () => undefined);
  const { made, log } = connection(t, path);
  made.start();
  await silent.until(() => silent.received.length === 1);
  silent.sockets[0]?.destroy();
  await silent.until(() => silent.sockets.length === 2);
  assert(
    log.some((line) => line.startsWith("not connected: peer_gone")),
    log.join("\n"),
  );
});

test("a silent daemon is given up after three heartbeats", async (t) => {
  const path = await place(t);
  await daemon(t, path, (house, socket, id) => house.say(socket, { id, result: { ...RESULT, heartbeat_ms: 50 } }));
  const { made, log, reached } = connection(t, path);
  made.start();
  await reached("connected", 2);
  assert(
    log.some((line) => line.includes("nothing was heard")),
    log.join("\n"),
  );
});

test("another window id is taken after three refusals, and not before", async (t) => {
  const path = await place(t);
  let taken = 0;
  const seen: number[] = [];
  await daemon(t, path, (house, socket, id) => {
    seen.push(taken);
    const error = { code: -32000, message: "held by another", data: { reason: "superseded", retry: true } };
    if (taken === 0) house.say(socket, { id, error });
    else accept(house, socket, id);
  });
  const { made, reached } = connection(t, path, { windowTaken: () => (taken += 1) });
  made.start();
  await reached("connected");
  assert.deepEqual(seen, [0, 0, 0, 1]);
});

test("ended means ended: no state, no attempt after it", async (t) => {
  const path = await place(t);
  const house = await daemon(t, path);
  const { made, states, reached } = connection(t, path);
  made.start();
  await reached("connected");
  const socket = house.sockets[0];
  assert(socket !== undefined);
  const closed = once(socket, "close");
  made.end();
  await closed;
  assert.deepEqual([made.state.is, states.at(-1)?.is, made.epoch], ["off", "off", 0]);
  made.start();
  await reached("connected", 2);
  assert.equal(house.sockets.length, 2);
});

test("ended and started again at any moment, one connection is left", async (t) => {
  const path = await place(t);
  const house = await daemon(t, path);
  const { made, states, reached } = connection(t, path);
  for (let round = 0; round < 30; round += 1) {
    made.start();
    for (let turn = 0; turn < round; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    made.end();
  }
  const before = states.filter((state) => state.is === "connected").length;
  made.start();
  await reached("connected", before + 1);
  await house.until(() => house.sockets.filter((socket) => !socket.destroyed).length === 1);
  assert.equal(made.state.is, "connected");
});

test("a socket that others could have put there is not talked to", async (t) => {
  const refusals: [string, (path: string) => Promise<string>][] = [
    ["can be written by others", async (path) => (await chmod(join(path, ".."), 0o770), path)],
    ["can be written by others", async (path) => (await chmod(join(path, ".."), 0o702), path)],
    [
      "is not a directory of its own",
      async (path) => (await symlink(join(path, ".."), `${path}-link`), join(`${path}-link`, "bridge.sock")),
    ],
    ["is not a socket", async (path) => (await symlink(path, `${path}-link`), `${path}-link`)],
    ["is not a socket", async (path) => (await writeFile(`${path}-file`, ""), `${path}-file`)],
  ];
  for (const [why, spoil] of refusals) {
    const path = await place(t);
    const house = await daemon(t, path);
    const { made, states, reached } = connection(t, await spoil(path));
    made.start();
    await reached("refused");
    assert.match((states.at(-1) as { why: string }).why, new RegExp(why));
    assert.equal(house.sockets.length, 0);
    made.end();
  }
});

test("without a daemon it keeps looking, in pauses that stay short", async (t) => {
  const path = await place(t);
  await mkdir(join(path, "..", "sub"));
  const { made, log, reached, said } = connection(t, path, { random: () => 0 });
  made.start();
  await said(4);
  assert(
    log.every((line) => line.includes("daemon_not_running")),
    log.join("\n"),
  );
  await daemon(t, path);
  await reached("connected");
});

test("the socket's path follows the daemon's rule", () => {
  const home = { HOME: "/home/me" };
  assert.equal(socketPath("/chosen", { ...home, KORU_SOCKET: "/named" }), "/chosen");
  assert.equal(socketPath("", { ...home, KORU_SOCKET: "/named", XDG_RUNTIME_DIR: "/run/user/1" }), "/named");
  assert.equal(socketPath("", { ...home, XDG_RUNTIME_DIR: "/run/user/1" }), "/run/user/1/koru/bridge.sock");
  assert.equal(socketPath("", { ...home, XDG_RUNTIME_DIR: "relative" }), "/home/me/.local/state/koru/run/bridge.sock");
  assert.equal(socketPath("", home), "/home/me/.local/state/koru/run/bridge.sock");
});
