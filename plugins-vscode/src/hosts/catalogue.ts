/** Every way this plugin can deliver, and what an editor must have for it. Best first. */
import * as vscode from "vscode";
import type { Product } from "../products";
import type { Delivery } from "./delivery";
import { insertAndSubmit } from "./plugin_socket_vscode_family";
import { nativeSend } from "./vscode_native_send";

interface Offer {
  readonly delivery: Delivery;
  readonly commands: readonly string[];
  /** Lowest version of VS Code (of the editor's base) that can do it, with how that is known. */
  readonly since: string;
}

/** `chatsFolder` gives the directory of this window's chats. */
export function catalogue(chatsFolder: () => string | undefined): readonly Offer[] {
  return [
    {
      delivery: nativeSend(chatsFolder),
      commands: ["workbench.action.chat.open"],
      // preserveInput: absent in the bundles of 1.110 and 1.117, where a draft would be lost; present in 1.133 and 1.139.
      since: "1.133",
    },
    {
      delivery: insertAndSubmit(chatsFolder),
      commands: ["workbench.action.chat.open", "workbench.action.chat.submit"],
      since: "1.100",
    },
  ];
}

/** What can be offered in this editor now. */
export async function offered(offers: readonly Offer[], product: Product): Promise<readonly Delivery[]> {
  if (!product.hasNativeChat) return [];
  const commands = new Set(await vscode.commands.getCommands(true));
  return offers
    .filter((offer) => offer.commands.every((command) => commands.has(command)) && isSince(vscode.version, offer.since))
    .map((offer) => offer.delivery);
}

/** Compares dotted versions by number. */
export function isSince(version: string, since: string): boolean {
  const [a, b] = [version, since].map((each) => each.split(".").map((part) => Number.parseInt(part, 10) || 0));
  for (let index = 0; index < Math.max(a?.length ?? 0, b?.length ?? 0); index += 1) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
