/** The input boxes of the window's chats. The host keeps each as a document, so reading one disturbs nobody. */
import * as vscode from "vscode";
import { normalise, textSha } from "../textHash";
import type { Task } from "./delivery";
import { type Declined, declined, type Ending, lost } from "./delivery";

const SCHEME = "chatSessionInput";
const OPEN = "workbench.action.chat.open";
const SHOWN_MS = 1_000;
const INSERTED_MS = 2_000;

const inputs = () => vscode.workspace.textDocuments.filter((document) => document.uri.scheme === SCHEME);
const isBlank = (document: vscode.TextDocument) => normalise(document.getText()) === "";

export const holds = (document: vscode.TextDocument, sha: string) => textSha(document.getText()) === sha;

/** Why nothing can be put into an input now. Several chats may be open and none says which is meant, so all count. */
export async function inputRefusal(task: Task): Promise<Declined | undefined> {
  if (inputs().length === 0) {
    await task.step("show_chat", OPEN, () => vscode.commands.executeCommand(OPEN));
    await until(() => inputs().length > 0, SHOWN_MS);
  }
  if (inputs().length === 0) return declined("input_unreadable", "this editor does not let the chat's input be read");
  return inputs().every(isBlank) ? undefined : declined("input_busy", "there is a draft in the input of a chat");
}

/** Puts our text into the empty input of the chat that has the focus, and finds that input again. */
export async function insert(task: Task): Promise<vscode.TextDocument | Ending> {
  await task.touch();
  const watch = new Overwritten();
  try {
    const options = { query: task.text, isPartialQuery: true, ...(task.target.mode && { mode: task.target.mode }) };
    await task.step("insert", OPEN, () => vscode.commands.executeCommand(OPEN, options));
    await until(() => inputs().some((document) => holds(document, task.textSha)), INSERTED_MS);
    const document = inputs().find((each) => holds(each, task.textSha));
    if (document === undefined) {
      task.learn("inserted", "claim", "the host's command returned, but no input shows the text");
      return lost("the text was handed to the host, and no input of a chat shows it");
    }
    const draft = watch.draft(document);
    if (draft !== undefined) return await putBack(task, document, draft);
    task.learn("inserted", "readback");
    return document;
  } finally {
    watch.dispose();
  }
}

/** Somebody typed between our look and our text: theirs comes back. */
async function putBack(task: Task, document: vscode.TextDocument, draft: string): Promise<Ending> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, document.validateRange(new vscode.Range(0, 0, document.lineCount, 0)), draft);
  const back = await task.step("put_back", undefined, () => vscode.workspace.applyEdit(edit));
  if (!back || document.getText() !== draft) return lost("a draft was replaced and could not be put back");
  task.learn("withdrawn", "readback");
  return declined("input_busy", "somebody was typing in the input of the chat; their text is back");
}

/** Remembers what stood in each input before its last change. */
class Overwritten {
  private readonly before = new Map<vscode.TextDocument, string>();
  private readonly now = new Map<vscode.TextDocument, string>();
  private readonly listener: vscode.Disposable;

  constructor() {
    for (const document of inputs()) this.now.set(document, document.getText());
    this.listener = vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (document.uri.scheme !== SCHEME) return;
      this.before.set(document, this.now.get(document) ?? "");
      this.now.set(document, document.getText());
    });
  }

  /** The text that was replaced by the last change, undefined when it was blank. */
  draft(document: vscode.TextDocument): string | undefined {
    const text = this.before.get(document) ?? "";
    return normalise(text) === "" ? undefined : text;
  }

  dispose(): void {
    this.listener.dispose();
  }
}

/** Waits for a change of an input that makes `met` true; false after `ms`. */
export function until(met: () => boolean, ms: number): Promise<boolean> {
  if (met()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (value: boolean) => {
      clearTimeout(timer);
      for (const each of listeners) each.dispose();
      resolve(value);
    };
    const look = () => {
      if (met()) settle(true);
    };
    const listeners = [vscode.workspace.onDidChangeTextDocument(look), vscode.workspace.onDidOpenTextDocument(look)];
    const timer = setTimeout(() => settle(met()), ms);
  });
}
