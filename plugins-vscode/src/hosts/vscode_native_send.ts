/** Sends through VS Code's own chat command, which waits for the turn it made and returns what became of it. */
import * as vscode from "vscode";
import { aim, type Aim } from "./chatTarget";
import { declined, type Delivery, DONE, type Ending, lost, type Task } from "./delivery";
import { draft } from "./plugin_socket_vscode_family";
import { slashCommand } from "./slashCommands";

const OPEN = "workbench.action.chat.open";

/** How a turn of VS Code ends. All fields absent: the turn was cancelled. */
interface TurnResult {
  readonly timings?: unknown;
  readonly type?: unknown;
  readonly kind?: unknown;
  readonly errorDetails?: {
    readonly message?: unknown;
    readonly isRateLimited?: unknown;
    readonly isQuotaExceeded?: unknown;
  };
}

/** Chats for which a prompt of ours is with the host and has not come back. */
const waiting = new Map<string, number>();

export function nativeSend(chatsFolder: () => string | undefined): Delivery {
  return {
    id: "vscode_native_send",
    act: (task) => (task.submit ? send(task, chatsFolder()) : draft(task, chatsFolder())),
  };
}

async function send(task: Task, folder: string | undefined): Promise<Ending> {
  const command = slashCommand(task.text);
  if (command !== undefined) return declined("text_is_command", `the chat would run ${command} instead of sending it`);
  const aimed = await aim(task, folder);
  if ("disposition" in aimed) return aimed;
  await task.touch();
  const key = task.target.chat_id ?? (task.target.new_chat ? task.textSha : "");
  const behind = waiting.get(key) ?? 0;
  waiting.set(key, behind + 1);
  try {
    const turn = call(task);
    task.whenPending(() => {
      if (behind > 0) task.learn("queued", "claim", "an earlier prompt for this chat has not come back from the host");
      else task.learn("submitted", "claim", "the host took the command and has not answered yet");
      void aimed.giveFocusBack();
    });
    return await conclude(task, aimed, await turn);
  } catch (error) {
    await aimed.restore();
    return thrown(error);
  } finally {
    const left = (waiting.get(key) ?? 1) - 1;
    if (left > 0) waiting.set(key, left);
    else waiting.delete(key);
  }
}

function call(task: Task): Promise<TurnResult | undefined> {
  const { mode } = task.target;
  const options = { query: task.text, preserveInput: true, blockOnResponse: true, ...(mode && { mode }) };
  const turn = task.step("send", OPEN, () => vscode.commands.executeCommand<TurnResult | undefined>(OPEN, options));
  task.handOver();
  return turn;
}

async function conclude(task: Task, aimed: Aim, turn: TurnResult | undefined): Promise<Ending> {
  if (turn === undefined || turn === null) {
    await aimed.giveFocusBack();
    return lost("the host returned no turn: it refused the prompt, ran it as a command, or dropped it from its queue");
  }
  task.learn("submitted", "host");
  if (turn.type === "confirmation") {
    // The operator has to see what is asked: the chat stays in front.
    task.learn("needs_input", "host", typeof turn.kind === "string" ? turn.kind : "confirmation");
    return DONE;
  }
  if (turn.errorDetails !== undefined) task.learn("turn_failed", "host", failure(turn.errorDetails));
  else if (turn.timings === undefined) task.learn("turn_failed", "host", "cancelled");
  else task.learn("turn_ended", "host");
  await aimed.restore();
  return DONE;
}

function failure(details: NonNullable<TurnResult["errorDetails"]>): string {
  const kind =
    details.isRateLimited === true ? "rate limited" : details.isQuotaExceeded === true ? "quota exceeded" : "error";
  return typeof details.message === "string" ? `${kind}: ${details.message}` : kind;
}

/** Both are said before the host looks at the prompt. */
function thrown(error: unknown): Ending {
  const said = error instanceof Error ? error.message : "";
  if (/^command '.*' not found/.test(said)) return declined("command_unavailable", "this editor has no chat command");
  if (said.includes("Timed out waiting for default agent"))
    return declined("no_chat_agent", "no agent answers in this chat");
  return lost(`the host failed with ${error instanceof Error ? error.name : typeof error}`);
}
