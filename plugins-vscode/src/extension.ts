/** Starts with the editor, wires the window to its commands, and does nothing else. */
import * as vscode from "vscode";
import type { Log } from "./link";
import { driveSelection } from "./selection";
import { StatusBar } from "./statusBar";
import { Window } from "./window";

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("Koru", { log: true });
  const log: Log = (level, message) => output[level === "warning" ? "warn" : level](message);
  const statusBar = new StatusBar();
  const window = await Window.open(context, log, (state) => {
    statusBar.show(state);
    if (state.is === "connected") log("info", `attached, epoch ${state.hello.epoch}`);
  });
  const command = (name: string, run: () => unknown) => vscode.commands.registerCommand(`koru.${name}`, run);
  const look = () => window.look();
  context.subscriptions.push(
    output,
    statusBar,
    window,
    command("connect", () => window.connection.start()),
    command("disconnect", () => window.connection.end()),
    command("showLog", () => output.show()),
    command("driveSelection", () =>
      driveSelection(window.socketPath(), window.identity.windowId, window.identity.version, log),
    ),
    vscode.workspace.onDidChangeWorkspaceFolders(look),
    vscode.extensions.onDidChange(look),
  );
  if (vscode.workspace.getConfiguration("koru").get("connectOnStartup", true)) window.connection.start();
}
