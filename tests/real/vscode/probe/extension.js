// Runs code for a test: one line {id, code, data} in, one line {id, value} or {id, error} out, over KORU_PROBE_DIR/<pid>.sock.
"use strict";

const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");
const readline = require("node:readline");
const vscode = require("vscode");

/** Bodies may use `vscode`, `context`, `require` and `data`, and await. */
const AsyncFunction = (async () => {}).constructor;

async function reply(line, context) {
  const { id, code, data } = JSON.parse(line);
  try {
    const run = new AsyncFunction("vscode", "context", "require", "data", code);
    const value = await run(vscode, context, require, data);
    return { id, value };
  } catch (error) {
    return { id, error: String(error?.stack ?? error) };
  }
}

function serve(socket, context) {
  socket.on("error", () => socket.destroy());
  readline.createInterface({ input: socket }).on("line", async (line) => {
    const answer = await reply(line, context);
    if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
  });
}

function activate(context) {
  const directory = process.env.KORU_PROBE_DIR;
  if (!directory) return;
  const final = path.join(directory, `${process.pid}.sock`);
  const server = net.createServer((socket) => serve(socket, context));
  server.listen(`${final}.new`, () => fs.renameSync(`${final}.new`, final));
  context.subscriptions.push({
    dispose: () => {
      server.close();
      fs.rmSync(final, { force: true });
    },
  });
}

module.exports = { activate };
