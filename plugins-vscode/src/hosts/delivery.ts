/** What a drive asks of an interface, and what an interface answers. No editor here. */
import type { ChannelGrade, ChatTarget, FactKind } from "../protocol.gen";

/** Why nothing was touched. The daemon knows these words from its registry. */
export type Blocker =
  | "command_unavailable"
  | "drive_closed"
  | "input_busy"
  | "input_unreadable"
  | "interface_unavailable"
  | "journal_unwritable"
  | "mode_unsafe"
  | "no_chat_agent"
  | "surface_busy"
  | "text_is_command"
  | "unknown_chat"
  | "window_unresponsive"
  | "workspace_untrusted";

export interface Declined {
  readonly disposition: "declined";
  readonly blocker: Blocker;
  readonly message: string;
}

export type Ending =
  { readonly disposition: "done" } | { readonly disposition: "lost"; readonly message: string } | Declined;

/** One delivery under way, as an interface sees it. */
export interface Task {
  readonly text: string;
  readonly textSha: string;
  readonly submit: boolean;
  readonly target: ChatTarget;
  /** Must have resolved before the first thing is touched. A later `declined` needs proof that nothing was. */
  touch(): Promise<void>;
  /** The host has everything it needs: the next drive cannot come between any more. */
  handOver(): void;
  /** A fact about our text, told as soon as it can be. `detail` never holds the prompt. */
  learn(kind: FactKind, grade: ChannelGrade, detail?: string): void;
  /** Runs a step and keeps it in the trace. */
  step<T>(op: string, command: string | undefined, run: () => PromiseLike<T>): Promise<T>;
  /** `run` is called when the daemon is told that this takes longer, at once if it was; not at all if it never is. */
  whenPending(run: () => void): void;
}

/** One interface of the registry. The file that holds it is named by its id. */
export interface Delivery {
  readonly id: string;
  act(task: Task): Promise<Ending>;
}

export const DONE: Ending = { disposition: "done" };
export const lost = (message: string): Ending => ({ disposition: "lost", message });
export const declined = (blocker: Blocker, message: string): Declined => ({
  disposition: "declined",
  blocker,
  message,
});
