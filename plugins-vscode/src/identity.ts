/** Who this window is: the same id over reloads and restarts of the extension host, and what it says of itself. */
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { product } from "./products";
import { type InitializeParams, PROTOCOL_MAX, PROTOCOL_MIN, type SurfaceInfo } from "./protocol.gen";

const KEY = "koru.window";
const CAPABILITIES = [
  "chat/deliver",
  "chat/open",
  "chat/cancel",
  "drive/lookup",
  "commands/list",
  "window/reload",
  "target/chat_id",
  "target/new_chat",
  "target/mode",
  "draft",
];

export class Identity {
  private number = 1;

  private constructor(
    private readonly base: string,
    private readonly extension: vscode.Extension<unknown>,
  ) {}

  static async load(context: vscode.ExtensionContext): Promise<Identity> {
    const known = context.workspaceState.get<unknown>(KEY);
    const base = typeof known === "string" && known !== "" ? known : randomUUID();
    if (base !== known) await context.workspaceState.update(KEY, base);
    return new Identity(base, context.extension);
  }

  /** Two windows on one folder share what they can store: the second of them takes the next number. */
  takeAnother(): void {
    this.number += 1;
  }

  get windowId(): string {
    return this.number === 1 ? this.base : `${this.base}.${this.number}`;
  }

  get version(): string {
    return String((this.extension.packageJSON as { version?: unknown }).version ?? "0");
  }

  hello(surfaces: readonly SurfaceInfo[]): InitializeParams {
    const { appName, appHost } = vscode.env;
    return {
      role: "plugin",
      name: "koru-vscode",
      version: this.version,
      protocol: { min: PROTOCOL_MIN, max: PROTOCOL_MAX },
      plugin: {
        ide: { product: product(appName).id, version: vscode.version, app_name: appName, app_host: appHost },
        pid: process.pid,
        host_started_at_ms: Math.round(Date.now() - process.uptime() * 1000),
        window_id: this.windowId,
        capabilities: CAPABILITIES,
        surfaces,
      },
    };
  }
}
