/** Whether this window is attached to the daemon, for the operator to see. */
import * as vscode from "vscode";
import type { State } from "./connection";

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("koru.state", vscode.StatusBarAlignment.Right);

  constructor() {
    this.item.name = "Koru";
    this.item.command = "koru.showLog";
    this.show({ is: "off" });
    this.item.show();
  }

  show(state: State): void {
    const { text, tooltip, isWarning } = describe(state);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.backgroundColor = isWarning ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  }

  dispose(): void {
    this.item.dispose();
  }
}

function describe(state: State): { readonly text: string; readonly tooltip: string; readonly isWarning?: boolean } {
  switch (state.is) {
    case "off":
      return {
        text: "$(debug-disconnect) Koru",
        tooltip: "Koru: disconnected. Run “Koru: Connect” to attach this window.",
      };
    case "connecting":
      return { text: "$(sync) Koru", tooltip: "Koru: looking for the daemon. Start it with “koru up”." };
    case "connected": {
      const { daemon_version: version, epoch } = state.hello;
      return { text: "$(plug) Koru", tooltip: `Koru: attached to the daemon ${version} (epoch ${epoch}).` };
    }
    case "refused":
      return { text: "$(warning) Koru", tooltip: `Koru: not connected, ${state.why}`, isWarning: true };
  }
}
