/** What the daemon asks of this window, one function a method. */
import * as vscode from "vscode";
import type { Connection } from "./connection";
import type { Drives } from "./drives";
import { chatUri, isStored } from "./hosts/chatTarget";
import type { Handlers } from "./peer";
import type { ChatOpenParams, CommandResult, Empty } from "./protocol.gen";
import type { Pulse } from "./pulse";
import { CHAT } from "./surfaces";
import { WireError } from "./validate";

const COMMANDS_MAX_BYTES = 900_000;
const PING_MS = 800;

/** `drives` resolves once the window's journal is open; `chats` is where they are stored. */
export function handlers(
  drives: () => Promise<Drives>,
  connection: () => Connection,
  pulse: Pulse,
  chats: () => string | undefined,
): Handlers {
  return {
    ping: () => ping(pulse),
    "chat/deliver": async (params) => {
      const house = await drives();
      checkSurface(params.surface_id);
      checkEpoch(params.epoch, connection().epoch);
      return house.deliver(params);
    },
    "drive/lookup": async ({ drive_id }) => (await drives()).lookup(drive_id),
    "chat/open": async (params) => {
      checkSurface(params.surface_id);
      return open(params, chats());
    },
    "chat/cancel": async ({ surface_id, drive_id }) => {
      checkSurface(surface_id);
      return cancel(drive_id === undefined ? undefined : (await drives()).target(drive_id)?.chat_id);
    },
    "commands/list": async ({ contains }) => ({ commands: await commands(contains ?? "") }),
    "window/reload": () => reload(() => connection().flushed()),
  };
}

/** The daemon asks this to learn whether the window is held by somebody; a host without its window holds nothing. */
async function ping(pulse: Pulse): Promise<Empty> {
  if (await pulse.answers(PING_MS)) return {};
  throw new WireError("timeout", `the window has not answered its own plugin for ${PING_MS} ms`);
}

function checkSurface(surfaceId: string): void {
  if (surfaceId !== CHAT) throw new WireError("unknown_surface", "this window has no such surface", "surface_id");
}

/** Answers would go to a session that the daemon has given up. */
function checkEpoch(asked: number, ours: number): void {
  if (asked !== ours) throw new WireError("superseded", `asked in epoch ${asked}, and this is ${ours}`, "epoch");
}

async function open({ chat_id: chatId }: ChatOpenParams, folder: string | undefined): Promise<CommandResult> {
  if (chatId === undefined) return issue("workbench.action.chat.open");
  if (await isStored(folder, chatId)) return issue("vscode.open", chatUri(chatId));
  return { issued: false, blocker: "unknown_chat", message: `there is no chat ${chatId} in the store of this window` };
}

/** The host stops the turn of the chat that was used last, so a chat of its own comes to the front first. */
async function cancel(chatId: string | undefined): Promise<CommandResult> {
  if (chatId !== undefined) {
    const shown = await issue("vscode.open", chatUri(chatId));
    if (!shown.issued) return shown;
  }
  return issue("workbench.action.chat.cancel");
}

async function commands(contains: string): Promise<string[]> {
  const wanted = contains.toLowerCase();
  const all = await vscode.commands.getCommands(true);
  let bytes = 0;
  const fits = (name: string) => (bytes += Buffer.byteLength(name) + 3) <= COMMANDS_MAX_BYTES;
  return all
    .filter((name) => name.toLowerCase().includes(wanted))
    .sort()
    .filter(fits);
}

/** Answers first: the reload ends this process. */
function reload(flushed: () => Promise<void>): Promise<CommandResult> {
  setImmediate(() => void flushed().then(() => vscode.commands.executeCommand("workbench.action.reloadWindow")));
  return Promise.resolve({ issued: true });
}

async function issue(command: string, ...rest: readonly unknown[]): Promise<CommandResult> {
  try {
    await vscode.commands.executeCommand(command, ...rest);
    return { issued: true };
  } catch (error) {
    const kind = error instanceof Error ? error.name : typeof error;
    return { issued: false, blocker: "command_unavailable", message: `${command} failed with ${kind}` };
  }
}
