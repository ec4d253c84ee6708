/** This window as the daemon knows it: its identity, surfaces, deliveries and journal, joined to one connection. */
import { join } from "node:path";
import * as vscode from "vscode";
import { Connection, type State } from "./connection";
import { Drives } from "./drives";
import { handlers } from "./handlers";
import { catalogue, offered } from "./hosts/catalogue";
import { type Declined, declined, type Delivery } from "./hosts/delivery";
import { Identity } from "./identity";
import { Journal } from "./journal";
import type { Log } from "./link";
import { product } from "./products";
import type { SurfaceInfo } from "./protocol.gen";
import { Pulse } from "./pulse";
import { socketPath } from "./socket";
import { chatsFolder, surfaces } from "./surfaces";
import { WireError } from "./validate";

/** A busy window takes its time; one that is gone never answers. */
const WINDOW_MS = 5_000;

export class Window implements vscode.Disposable {
  readonly connection: Connection;
  private deliveries: readonly Delivery[] = [];
  private readonly journals = new Map<string, Promise<Drives>>();
  private attached: Promise<Drives>;
  private attach: (drives: Drives) => void = () => undefined;
  private readonly pulse = new Pulse(() => vscode.commands.executeCommand("setContext", "koru.knock", true));
  private told = "";

  private constructor(
    private readonly context: vscode.ExtensionContext,
    readonly identity: Identity,
    private readonly log: Log,
    changed: (state: State) => void,
  ) {
    this.attached = this.unattached();
    const chats = () => chatsFolder(context);
    this.connection = new Connection({
      socketPath: () => this.socketPath(),
      hello: () => identity.hello(this.keepTold(surfaces(context, this.deliveries))),
      handlers: handlers(
        () => this.attached,
        () => this.connection,
        this.pulse,
        chats,
      ),
      attached: async () => this.attach(await this.drives(identity.windowId)),
      windowTaken: () => {
        identity.takeAnother();
        this.attached = this.unattached();
      },
      changed: (state) => {
        changed(state);
        if (state.is === "connected") this.tellSurfaces();
      },
      log,
    });
  }

  static async open(context: vscode.ExtensionContext, log: Log, changed: (state: State) => void): Promise<Window> {
    const window = new Window(context, await Identity.load(context), log, changed);
    await window.look();
    return window;
  }

  socketPath(): string {
    return socketPath(vscode.workspace.getConfiguration("koru").get("socket", ""), process.env);
  }

  /** Something changed that decides which chats there are. */
  async look(): Promise<void> {
    const offers = catalogue(() => chatsFolder(this.context));
    this.deliveries = await offered(offers, product(vscode.env.appName));
    if (this.deliveries.length === 0) {
      this.log("warning", `${vscode.env.appName} ${vscode.version} has no chat that can be driven from here`);
    }
    this.tellSurfaces();
  }

  dispose(): void {
    this.connection.end();
  }

  /** What the daemon is being told now, kept to notice a change. */
  private keepTold(all: readonly SurfaceInfo[]): readonly SurfaceInfo[] {
    this.told = JSON.stringify(all);
    return all;
  }

  private tellSurfaces(): void {
    const all = surfaces(this.context, this.deliveries);
    if (this.connection.state.is !== "connected" || JSON.stringify(all) === this.told) return;
    this.connection.notify("surfaces/changed", { surfaces: this.keepTold(all) });
  }

  private unattached(): Promise<Drives> {
    return new Promise((resolve) => {
      this.attach = resolve;
    });
  }

  private async refusal(): Promise<Declined | undefined> {
    if (!vscode.workspace.isTrusted) {
      return declined("workspace_untrusted", "the operator has not said that this workspace can be trusted");
    }
    if (await this.pulse.answers(WINDOW_MS)) return undefined;
    return declined("window_unresponsive", `the window has not answered its own plugin for ${WINDOW_MS} ms`);
  }

  /** One journal a window id, opened once: two that write one file would lose each other's rows. */
  private drives(windowId: string): Promise<Drives> {
    const known = this.journals.get(windowId);
    if (known !== undefined) return known;
    const opened = this.openDrives(windowId);
    this.journals.set(windowId, opened);
    opened.catch(() => this.journals.delete(windowId));
    return opened;
  }

  private async openDrives(windowId: string): Promise<Drives> {
    const path = join(this.context.globalStorageUri.fsPath, "journal", `${windowId}.jsonl`);
    const journal = await Journal.open(path).catch((error: NodeJS.ErrnoException) => {
      throw new WireError("state_unwritable", `the journal cannot be opened (${error.code ?? error.name})`, path);
    });
    return new Drives({
      journal,
      deliveries: () => this.deliveries,
      refusal: () => this.refusal(),
      tell: (surface_id, drive_id, fact) =>
        this.connection.notify("chat/event", { surface_id, drive_id, fact, epoch: this.connection.epoch }),
      failed: (where, error) =>
        this.log("error", `${where} failed with ${error instanceof Error ? error.name : typeof error}`),
    });
  }
}
