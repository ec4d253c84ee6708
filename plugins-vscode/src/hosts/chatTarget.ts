/** Brings the chat that is meant to the front, and afterwards gives back what was there. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { type Declined, declined, type Task } from "./delivery";

const NEW_CHAT = "workbench.action.openChat";
const OPEN_RESOURCE = "vscode.open";
const SAFE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The address under which the editor opens a chat of its own store. */
export function chatUri(chatId: string): vscode.Uri {
  return vscode.Uri.parse(`vscode-chat-session://local/${Buffer.from(chatId, "utf8").toString("base64url")}`);
}

/** What was in front before, and the tab that we opened over it. */
export class Aim {
  private readonly editor = vscode.window.activeTextEditor;
  private readonly before = new Set(tabs());
  private opened: vscode.Tab | undefined;
  private gaveBack = false;

  constructor(private readonly task: Task) {}

  /** After the chat came to the front. `ours`: the tab is closed again when the turn is over. */
  note(ours: boolean): void {
    this.opened = ours ? tabs().find((tab) => !this.before.has(tab)) : undefined;
  }

  /** The keyboard goes back to the text editor that was active, if one was. Never rejects. */
  async giveFocusBack(): Promise<void> {
    if (this.gaveBack || this.editor === undefined || this.editor.document.isClosed) return;
    this.gaveBack = true;
    const { document, viewColumn } = this.editor;
    const options = { ...(viewColumn !== undefined && { viewColumn }), preview: true };
    await this.tidy("give_focus_back", () => vscode.window.showTextDocument(document, options));
  }

  /** The turn is over: our tab goes, unless the operator has gone to it since. Never rejects. */
  async restore(): Promise<void> {
    const tab = tabs().find((each) => each === this.opened);
    if (tab !== undefined && !(this.gaveBack && tab.isActive)) {
      await this.tidy("close_tab", () => vscode.window.tabGroups.close(tab, true));
    }
    await this.giveFocusBack();
  }

  /** What is only neatness must not change what is said of the drive. */
  private async tidy(op: string, run: () => Thenable<unknown>): Promise<void> {
    await this.task.step(op, undefined, run).catch(() => undefined);
  }
}

/** `folder` holds the chats of this window, one file each. Nothing is opened when the chat is not known. */
export async function aim(task: Task, folder: string | undefined): Promise<Aim | Declined> {
  const { chat_id: chatId, new_chat: isNew, mode } = task.target;
  if (mode?.toLowerCase() === "edit" && !isNew) {
    return declined(
      "mode_unsafe",
      "switching a chat to edit mode asks the operator to end its session; use a new chat",
    );
  }
  if (chatId !== undefined && !(await isStored(folder, chatId))) {
    return declined("unknown_chat", `there is no chat ${chatId} in the store of this window`);
  }
  const aimed = new Aim(task);
  if (await bringToFront(task)) {
    aimed.note(chatId !== undefined);
    return aimed;
  }
  aimed.note(true);
  await aimed.restore();
  return declined("command_unavailable", "the editor did not bring the chat to the front");
}

async function bringToFront(task: Task): Promise<boolean> {
  const { chat_id: chatId, new_chat: isNew } = task.target;
  if (chatId === undefined && !isNew) return true;
  try {
    if (chatId === undefined) await task.step("new_chat", NEW_CHAT, () => vscode.commands.executeCommand(NEW_CHAT));
    else
      await task.step("open_session", OPEN_RESOURCE, () =>
        vscode.commands.executeCommand(OPEN_RESOURCE, chatUri(chatId)),
      );
    return chatInFront();
  } catch {
    return false;
  }
}

/** The editor opens a new chat for an id that it does not know, so the store is asked first. */
export async function isStored(folder: string | undefined, chatId: string): Promise<boolean> {
  if (folder === undefined || !SAFE_ID.test(chatId)) return false;
  const found = await Promise.all(
    [".jsonl", ".json"].map((suffix) =>
      stat(join(folder, chatId + suffix)).then(
        (file) => file.isFile(),
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

/** Chats are the tabs whose kind the stable API does not name. */
function chatInFront(): boolean {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const others = [
    vscode.TabInputText,
    vscode.TabInputTextDiff,
    vscode.TabInputCustom,
    vscode.TabInputWebview,
    vscode.TabInputNotebook,
    vscode.TabInputNotebookDiff,
    vscode.TabInputTerminal,
  ];
  return !others.some((kind) => input instanceof kind);
}

const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs);
