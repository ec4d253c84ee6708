/** Drives the selected text into this window's own chat, as a client of the daemon like any other. */
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { Link, type Log } from "./link";
import { RemoteError } from "./peer";
import { type DriveView, PROTOCOL_MAX, PROTOCOL_MIN } from "./protocol.gen";
import { WireError } from "./validate";

const REQUEST_MS = 5_000;
const OUTCOME_MS = 120_000;

export async function driveSelection(socketPath: string, windowId: string, version: string, log: Log): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const text = editor?.document.getText(editor.selection).trim();
  if (text === undefined || text === "") {
    void vscode.window.showWarningMessage("Koru: select the text to drive first.");
    return;
  }
  const title = "Koru: driving the selection";
  const location = vscode.ProgressLocation.Notification;
  const view = await vscode.window.withProgress({ location, title }, () =>
    drive(socketPath, windowId, version, text, log),
  );
  if (view !== undefined) report(view);
}

async function drive(
  path: string,
  windowId: string,
  version: string,
  text: string,
  log: Log,
): Promise<DriveView | undefined> {
  let link: Link | undefined;
  try {
    link = await Link.open(path, {}, log);
    const protocol = { min: PROTOCOL_MIN, max: PROTOCOL_MAX };
    await link.peer.request("initialize", { role: "client", name: "koru-vscode", version, protocol }, REQUEST_MS);
    const driveId = randomUUID();
    const order = { drive_id: driveId, text, selector: { window: windowId }, target: { new_chat: false } };
    const limits = { draft: false, deadline_ms: OUTCOME_MS, wait_ms: 0, require: "host" as const };
    await link.peer.request("drive/start", { ...order, ...limits }, REQUEST_MS);
    const until = { drive_id: driveId, until: "outcome" as const, timeout_ms: OUTCOME_MS };
    return await link.peer.request("drive/wait", until, OUTCOME_MS + REQUEST_MS);
  } catch (error) {
    const known = error instanceof RemoteError || error instanceof WireError;
    const said = known ? error.message : "an unforeseen error; see the log";
    if (!known) log("error", `driving the selection failed with ${error instanceof Error ? error.name : typeof error}`);
    void vscode.window.showErrorMessage(`Koru: ${said}${known && error.hint ? ` (next: ${error.hint})` : ""}`);
    return undefined;
  } finally {
    link?.close("done");
  }
}

function report(view: DriveView): void {
  const said = `Koru: ${view.outcome ?? "not settled yet"}${view.reason === undefined ? "" : `, ${view.reason}`}`;
  if (view.outcome === "confirmed") void vscode.window.showInformationMessage(said);
  else void vscode.window.showWarningMessage(`${said} (drive ${view.drive_id})`);
}
