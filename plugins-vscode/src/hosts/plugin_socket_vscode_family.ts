/** Puts the text into the chat's input and submits it there, reading the input before and after. */
import * as vscode from "vscode";
import { holds, inputRefusal, insert, until } from "./chatInput";
import { aim, type Aim } from "./chatTarget";
import { declined, type Delivery, DONE, type Ending, lost, type Task } from "./delivery";
import { slashCommand } from "./slashCommands";

const SUBMIT = "workbench.action.chat.submit";
const SENT_MS = 5_000;

export function insertAndSubmit(chatsFolder: () => string | undefined): Delivery {
  return {
    id: "plugin_socket_vscode_family",
    act: (task) => (task.submit ? send(task, chatsFolder()) : draft(task, chatsFolder())),
  };
}

/** Leaves the text in the input, for a person to send. */
export async function draft(task: Task, folder: string | undefined): Promise<Ending> {
  const filled = await fill(task, folder);
  task.handOver();
  return "disposition" in filled ? filled : DONE;
}

async function send(task: Task, folder: string | undefined): Promise<Ending> {
  const command = slashCommand(task.text);
  if (command !== undefined) return declined("text_is_command", `the chat would run ${command} instead of sending it`);
  const filled = await fill(task, folder);
  if ("disposition" in filled) return filled;
  const { input, aimed } = filled;
  await task.step("submit", SUBMIT, () => vscode.commands.executeCommand(SUBMIT));
  task.handOver();
  if (await until(() => input.getText().trim() === "", SENT_MS)) {
    task.learn("submitted", "readback");
    await aimed.restore();
    return DONE;
  }
  // Not taken out again: a host that is only slow would send it all the same.
  return holds(input, task.textSha)
    ? lost("the text is still in the input of the chat; nothing shows that it was sent")
    : lost("the input of the chat was changed by somebody else; nothing shows that the text was sent");
}

async function fill(
  task: Task,
  folder: string | undefined,
): Promise<{ input: vscode.TextDocument; aimed: Aim } | Ending> {
  const aimed = await aim(task, folder);
  if ("disposition" in aimed) return aimed;
  const refusal = await inputRefusal(task);
  if (refusal !== undefined) {
    await aimed.restore();
    return refusal;
  }
  const input = await insert(task);
  if ("disposition" in input) {
    await aimed.giveFocusBack();
    return input;
  }
  return { input, aimed };
}
