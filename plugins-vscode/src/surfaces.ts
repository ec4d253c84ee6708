/** The chats of this window that can be driven, and where they are stored. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as vscode from "vscode";
import type { Delivery } from "./hosts/delivery";
import type { SurfaceInfo } from "./protocol.gen";

export const CHAT = "chat";
const STORE = "vscode_chat";

/** What the daemon is told. Without a way to deliver there is no surface. */
export function surfaces(context: vscode.ExtensionContext, deliveries: readonly Delivery[]): readonly SurfaceInfo[] {
  if (deliveries.length === 0) return [];
  const store = storeRoot(context);
  return [
    {
      surface_id: CHAT,
      agent: CHAT,
      title: vscode.workspace.name ? `Chat - ${vscode.workspace.name}` : "Chat",
      workspace_folders: (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
      interfaces: deliveries.map((delivery) => delivery.id),
      ...(store !== undefined && { store: { store: STORE, path: store } }),
    },
  ];
}

/** The directory that holds one file for each chat of this window. */
export function chatsFolder(context: vscode.ExtensionContext): string | undefined {
  const root = storeRoot(context);
  return root && join(root, hasWorkspace(context) ? "chatSessions" : "emptyWindowChatSessions");
}

/** `workspaceStorage/<id>` of the folder or workspace, else `globalStorage`. Undefined where that is no local path. */
function storeRoot(context: vscode.ExtensionContext): string | undefined {
  const own = context.storageUri ?? context.globalStorageUri;
  if (own.scheme !== "file" && own.scheme !== "vscode-userdata") return undefined;
  const root = dirname(own.fsPath);
  // A second window on the same folder gets <id>-1 for its extensions, but its chats are stored under <id>.
  const shared = /^(.+)-\d+$/.exec(basename(root))?.[1];
  const first = shared === undefined ? undefined : join(dirname(root), shared);
  return hasWorkspace(context) && first !== undefined && existsSync(first) ? first : root;
}

const hasWorkspace = (context: vscode.ExtensionContext) => context.storageUri !== undefined;
