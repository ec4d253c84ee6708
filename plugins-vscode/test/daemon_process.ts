/** A process for the tests of the connection: a daemon that only answers `initialize`, until it is killed. */
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { LineReader, OVERSIZE } from "../src/framing";

const [, , path] = process.argv;
if (path === undefined) throw new Error("give the socket's path");

const server = createServer((socket) => {
  const lines = new LineReader();
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    for (const line of lines.feed(chunk)) {
      if (line === OVERSIZE) continue;
      const { id, method } = JSON.parse(line.toString("utf8")) as { id?: number; method?: string };
      if (method !== "initialize") continue;
      const hello = { protocol: 1, daemon_version: "0", instance_id: "i", session_id: "s" };
      const result = { ...hello, epoch: process.pid, heartbeat_ms: 60_000 };
      socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
    }
  });
});
// One that was killed left its socket behind.
rmSync(path, { force: true });
server.listen(path, () => process.stdout.write("listening\n"));
