// What a prompt makes the demo agent do: the first line "demo: NAME ARGUMENT" picks one of DIRECTIVES, else it echoes.
"use strict";

const { setTimeout: delay } = require("node:timers/promises");
const vscode = require("vscode");

/**
 * @typedef {object} Turn
 * @property {vscode.ChatRequest} request
 * @property {vscode.ChatResponseStream} stream
 * @property {vscode.CancellationToken} token
 * @property {string} argument what follows the directive's name, trimmed
 *
 * @typedef {(turn: Turn) => Promise<vscode.ChatResult | void>} Directive
 */

/** What the tool says when it was let run. */
const DONE = "Done, as allowed.";

/** @type {Readonly<Record<string, Directive>>} */
const DIRECTIVES = {
  slow: async ({ stream, token, argument }) => {
    const seconds = amount(argument, 5);
    stream.progress(`Waiting ${seconds} s`);
    if (await pause(seconds * 1000, token)) stream.markdown(`Waited ${seconds} s.`);
  },

  stream: async ({ stream, token, argument }) => {
    for (let line = 1, last = amount(argument, 10); line <= last; line++) {
      if (!(await pause(100, token))) return;
      stream.markdown(`Line ${line} of ${last}.\n\n`);
    }
  },

  confirm: async ({ request, stream, token, argument }) => {
    const options = { input: { what: argument || "go on" }, toolInvocationToken: request.toolInvocationToken };
    const { content } = await vscode.lm.invokeTool("demo_confirm", options, token);
    // A skipped tool is no error: the host answers in its place.
    const done = content.some((part) => part instanceof vscode.LanguageModelTextPart && part.value === DONE);
    stream.markdown(done ? "Allowed." : "Not allowed.");
  },

  offer: async ({ stream, argument }) => {
    stream.markdown("There is a choice to make.");
    stream.confirmation("Demo choice", argument || "Go on?", { choice: argument || "go on" });
  },

  ask: async ({ stream, argument }) => {
    const question = new vscode.ChatQuestion("answer", vscode.ChatQuestionType.Text, argument || "What next?");
    const answers = await stream.questionCarousel([question], true);
    const answer = answers?.["answer"];
    stream.markdown(answer === undefined ? "No answer." : `You answered: ${answer}`);
  },

  fail: async ({ argument }) => ({ errorDetails: { message: argument || "The demo agent failed as asked." } }),

  crash: async ({ argument }) => {
    throw new Error(argument || "The demo agent threw as asked.");
  },

  "rate-limit": async ({ argument }) => {
    const error = new Error(`Rate limit reached. Try again in ${amount(argument, 30)} seconds.`);
    error.name = "ChatRateLimited"; // the host marks a turn as rate limited by this name
    throw error;
  },

  edit: async ({ stream, argument }) => {
    const [name = "", ...words] = argument.split(/\s+/);
    const file = await append(name, words.join(" ") || "Edited by the demo agent.");
    stream.reference(file);
    stream.markdown(`Edited ${name}.`);
  },

  play: async (turn) => {
    const name = turn.argument || "play.json";
    const scenes = JSON.parse(await read(inside(name)));
    const number = played.get(name) ?? 0;
    played.set(name, number + 1);
    /** @type {Step[]} */
    const steps = scenes[Math.min(number, scenes.length - 1)] ?? [];
    for (const step of steps) await act(turn, step);
  },
};

/**
 * One step of a scene: an edit of a file, words, a question inside the turn, or a rate limit that ends the turn.
 * @typedef {{edit?: string, find?: string, replace?: string, say?: string, ask?: string, limit?: number}} Step
 */

/** How many scenes of a play this window has seen. @type {Map<string, number>} */
const played = new Map();

/**
 * @param {Turn} turn
 * @param {Step} step
 */
async function act(turn, step) {
  if (step.edit !== undefined) {
    const file = inside(step.edit);
    const before = await read(file);
    if (!before.includes(step.find ?? "")) throw new Error(`${step.edit} does not hold what the play looks for.`);
    const after = before.replace(step.find ?? "", () => step.replace ?? "");
    await vscode.workspace.fs.writeFile(file, Buffer.from(after));
    turn.stream.reference(file);
  }
  if (step.say !== undefined) turn.stream.markdown(step.say);
  if (step.ask !== undefined) await DIRECTIVES["ask"]?.({ ...turn, argument: step.ask });
  if (step.limit !== undefined) await DIRECTIVES["rate-limit"]?.({ ...turn, argument: String(step.limit) });
}

/** @type {Directive} */
async function echo({ request, stream }) {
  stream.markdown(`You said: ${request.prompt}`);
}

/**
 * @param {string} prompt
 * @returns {{run: Directive, argument: string}} throws on a directive that does not exist
 */
function directive(prompt) {
  const found = /^demo:[ \t]*(\S+)[ \t]*(.*)$/m.exec(prompt);
  if (!found) return { run: echo, argument: "" };
  const [, name = "", argument = ""] = found;
  const run = Object.hasOwn(DIRECTIVES, name) ? DIRECTIVES[name] : undefined;
  if (!run) throw new Error(`No directive "${name}". There are: ${Object.keys(DIRECTIVES).join(", ")}.`);
  return { run, argument: argument.trim() };
}

/**
 * @param {string} argument
 * @param {number} otherwise
 */
function amount(argument, otherwise) {
  const value = Number.parseFloat(argument);
  return Number.isFinite(value) && value >= 0 ? value : otherwise;
}

/**
 * Waits, and tells whether the turn may go on: false once it is cancelled.
 * @param {number} milliseconds
 * @param {vscode.CancellationToken} token
 */
async function pause(milliseconds, token) {
  const cancelled = new AbortController();
  const watch = token.onCancellationRequested(() => cancelled.abort());
  try {
    if (token.isCancellationRequested) return false;
    await delay(milliseconds, undefined, { signal: cancelled.signal });
    return true;
  } catch {
    return false;
  } finally {
    watch.dispose();
  }
}

/**
 * @param {string} name a path below the first workspace folder
 * @param {string} line
 */
async function append(name, line) {
  const file = inside(name);
  const before = await vscode.workspace.fs.readFile(file).then(
    (bytes) => Buffer.from(bytes).toString("utf8"),
    () => "",
  );
  await vscode.workspace.fs.writeFile(file, Buffer.from(`${before}${line}\n`, "utf8"));
  return file;
}

/** @param {string} name a path below the first workspace folder */
function inside(name) {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder || !name || name.split("/").includes("..")) {
    throw new Error(`Cannot edit "${name}": give a path below the workspace folder.`);
  }
  return vscode.Uri.joinPath(folder.uri, name);
}

/** @param {vscode.Uri} file */
async function read(file) {
  return Buffer.from(await vscode.workspace.fs.readFile(file)).toString("utf8");
}

module.exports = { DONE, directive };
