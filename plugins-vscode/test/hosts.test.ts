/** What the interfaces make of an editor that misbehaves in ways the real one cannot be brought to on demand. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { isSince } from "../src/hosts/catalogue";
import type { Delivery, Ending } from "../src/hosts/delivery";
import { insertAndSubmit } from "../src/hosts/plugin_socket_vscode_family";
import { slashCommand } from "../src/hosts/slashCommands";
import { nativeSend } from "../src/hosts/vscode_native_send";
import { product } from "../src/products";
import type { DeliverParams } from "../src/protocol.gen";
import { RunningTask } from "../src/task";
import { textSha } from "../src/textHash";
import { editor } from "./fake/vscode";

const TEXT = "the prompt";
const native = nativeSend(() => undefined);
const input = insertAndSubmit(() => undefined);

beforeEach(() => editor.reset());

async function act(delivery: Delivery, changes: Partial<DeliverParams> = {}) {
  const where = { surface_id: "chat", interface: delivery.id, target: { new_chat: false } };
  const what = { drive_id: "d", epoch: 1, text: TEXT, text_sha: textSha(TEXT), submit: true, answer_within_ms: 1 };
  const task = new RunningTask(
    { ...what, ...where, ...changes },
    { touched: () => Promise.resolve(), tell: () => undefined },
  );
  const ending: Ending = await delivery.act(task);
  return { ending, facts: task.facts.map((fact) => `${fact.kind}@${fact.grade}`), task };
}

const said = (ending: Ending) => (ending.disposition === "declined" ? ending.blocker : ending.disposition);

test("a native send that returns no turn is lost", async () => {
  for (const nothing of [undefined, null]) {
    editor.run = () => Promise.resolve(nothing);
    const { ending, facts } = await act(native);
    assert.deepEqual([said(ending), facts], ["lost", []]);
  }
});

test("a native send that throws before the prompt was looked at is declined, any other is lost", async () => {
  const cases: [Error, string][] = [
    [new Error("command 'workbench.action.chat.open' not found"), "command_unavailable"],
    [new Error("Timed out waiting for default agent"), "no_chat_agent"],
    [new TypeError("the prompt is in this text"), "lost"],
  ];
  for (const [error, expected] of cases) {
    editor.run = () => Promise.reject(error);
    const { ending, facts, task } = await act(native);
    assert.deepEqual([said(ending), facts], [expected, []]);
    assert(!JSON.stringify([ending, task.trace]).includes("the prompt"));
  }
});

test("every end of a turn is told as what it is", async () => {
  const cases: [object, string, string | undefined][] = [
    [{ timings: {} }, "turn_ended@host", undefined],
    [{}, "turn_failed@host", "cancelled"],
    [{ errorDetails: {} }, "turn_failed@host", "error"],
    [{ errorDetails: { message: "no", isQuotaExceeded: true }, timings: {} }, "turn_failed@host", "quota exceeded: no"],
    [{ type: "confirmation", kind: "elicitation", title: "?" }, "needs_input@host", "elicitation"],
    [{ type: "confirmation", timings: {} }, "needs_input@host", "confirmation"],
  ];
  for (const [turn, expected, detail] of cases) {
    editor.run = () => Promise.resolve(turn);
    const { ending, facts, task } = await act(native);
    assert.deepEqual([said(ending), facts, task.facts[1]?.detail], ["done", ["submitted@host", expected], detail]);
  }
});

test("an editor that shows no input is not written into", async () => {
  const { ending, facts, task } = await act(input);
  assert.deepEqual([said(ending), facts, task.wasTouched], ["input_unreadable", [], false]);
});

test("a draft in any input of the window is left alone", async () => {
  editor.input("");
  const draft = editor.input("mine");
  const { ending, task } = await act(input);
  assert.deepEqual([said(ending), task.wasTouched, draft.getText(), editor.calls], ["input_busy", false, "mine", []]);
});

test("what somebody types at the last moment comes back", async () => {
  const box = editor.input("");
  editor.run = (_command, options) => {
    box.change("typed just now");
    box.change((options as { query: string }).query);
    return Promise.resolve(undefined);
  };
  const { ending, facts } = await act(input);
  assert.deepEqual([said(ending), facts, box.getText()], ["input_busy", ["withdrawn@readback"], "typed just now"]);
});

test("what was typed and cannot come back is not kept quiet", async () => {
  const box = editor.input("");
  editor.takesEdits = false;
  editor.run = (_command, options) => {
    box.change("typed just now");
    box.change((options as { query: string }).query);
    return Promise.resolve(undefined);
  };
  assert.equal(said((await act(input)).ending), "lost");
});

test("text that no input shows afterwards is a claim, and lost", async () => {
  editor.input("");
  const { ending, facts } = await act(input);
  assert.deepEqual([said(ending), facts], ["lost", ["inserted@claim"]]);
});

test("a submit that leaves the text in the input proves nothing, and the text stays", async () => {
  const box = editor.input("");
  editor.run = (command, options) => {
    if (command === "workbench.action.chat.open") box.change((options as { query: string }).query);
    return Promise.resolve(undefined);
  };
  const { ending, facts } = await act(input);
  assert.deepEqual([said(ending), facts, box.getText()], ["lost", ["inserted@readback"], TEXT]);
});

test("a submit that empties the input is read back", async () => {
  const box = editor.input("");
  editor.run = (command, options) => {
    box.change(command === "workbench.action.chat.submit" ? "" : (options as { query: string }).query);
    return Promise.resolve(undefined);
  };
  const { ending, facts } = await act(input);
  assert.deepEqual([said(ending), facts], ["done", ["inserted@readback", "submitted@readback"]]);
});

test("a prompt begins with a command as the chat itself reads it", () => {
  const commands = ["/clear", " \n/clear", "/clear x", "/clear/x", "/yolo", "@demo /rename x", "/autoApprove"];
  const prompts = ["x /clear", "/clearly", "/clear.x", "/CLEAR", "/", "//clear", "/help", "@demo x /clear", "clear"];
  for (const text of commands) assert.notEqual(slashCommand(text), undefined, text);
  for (const text of prompts) assert.equal(slashCommand(text), undefined, text);
});

test("versions are compared by number", () => {
  assert.deepEqual(
    ["1.133.0", "1.139.1", "2.0.0", "1.133.0-insider"].map((version) => isSince(version, "1.133")),
    [true, true, true, true],
  );
  assert.deepEqual(
    ["1.99.3", "1.132.9", "0.200.0", ""].map((version) => isSince(version, "1.133")),
    [false, false, false, false],
  );
});

test("an editor that is not known is named, and nothing is driven in it", () => {
  assert.deepEqual(product("Visual Studio Code"), { id: "code", hasNativeChat: true, status: "reported" });
  assert.deepEqual(product(" My Editor! "), { id: "my-editor", hasNativeChat: false, status: "reported" });
  assert.equal(product("\u{1F600}").id, "unknown");
  assert.equal(product("constructor").hasNativeChat, false);
});
