/** Keeps this window attached to the daemon: connects, introduces itself, starts again when the connection is over. */
import { Link, type Log } from "./link";
import { type Handlers, RemoteError } from "./peer";
import {
  type InitializeParams,
  type InitializeResult,
  type Method,
  type Methods,
  PROTOCOL_MAX,
  PROTOCOL_MIN,
} from "./protocol.gen";
import { WireError } from "./validate";

export type State =
  | { readonly is: "off" }
  | { readonly is: "connecting" }
  | { readonly is: "connected"; readonly hello: InitializeResult }
  | { readonly is: "refused"; readonly why: string };

/** `windowTaken` is called when another live window keeps our window id: take another. */
export interface ConnectionOptions {
  readonly socketPath: () => string;
  readonly hello: () => InitializeParams;
  readonly handlers: Handlers;
  readonly attached: (hello: InitializeResult) => Promise<void>;
  readonly windowTaken: () => void;
  readonly changed: (state: State) => void;
  readonly log: Log;
  readonly random?: () => number;
}

const PAUSE_FIRST_MS = 100;
const PAUSE_MOST_MS = 1_500;
const PAUSE_REFUSED_MS = 15_000;
const INITIALIZE_MS = 5_000;
const HEARTBEATS = 3;
const TAKEN_MOST = 3;
/** What trying again at once cannot change: the operator has to see it. */
const REFUSALS: ReadonlySet<string> = new Set([
  "socket_unsafe",
  "protocol_mismatch",
  "peer_refused",
  "state_unwritable",
]);

export class Connection {
  state: State = { is: "off" };
  private link: Link | undefined;
  private stop: (() => void) | undefined;
  private hello: InitializeResult | undefined;
  private failures = 0;
  private taken = 0;

  constructor(private readonly options: ConnectionOptions) {}

  /** Keep connected from now on. Does nothing when it is so already. */
  start(): void {
    if (this.stop !== undefined) return;
    let stopped = false;
    let wake: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.stop = () => {
      stopped = true;
      wake();
      this.link?.close("disconnected here");
    };
    void this.keep(() => stopped, asked);
  }

  /** Disconnect and stay so. */
  end(): void {
    this.stop?.();
    this.stop = undefined;
    this.become({ is: "off" });
  }

  /** Epoch of the session, 0 without one. */
  get epoch(): number {
    return this.hello?.epoch ?? 0;
  }

  /** Tell the daemon; what it cannot hear now is not kept for later. */
  notify<M extends Method>(method: M, params: Methods[M]["params"]): void {
    if (this.state.is === "connected") this.link?.peer.notify(method, params);
  }

  async flushed(): Promise<void> {
    await this.link?.flushed();
  }

  private async keep(stopped: () => boolean, asked: Promise<void>): Promise<void> {
    this.become({ is: "connecting" });
    while (!stopped()) {
      const why = await this.attach(stopped).catch((error: unknown) => (stopped() ? "" : this.explain(error)));
      if (stopped()) return;
      if (this.state.is === "connected") this.become({ is: "connecting" });
      this.options.log("info", `not connected: ${why}`);
      await pause(this.pauseMs(), asked);
    }
  }

  /** Resolves with the reason when the connection is over. */
  private async attach(stopped: () => boolean): Promise<string> {
    const link = await Link.open(this.options.socketPath(), this.options.handlers, this.options.log);
    if (stopped()) {
      link.close("disconnected here");
      return link.closed;
    }
    this.link = link;
    try {
      const hello = await link.peer.request("initialize", this.options.hello(), INITIALIZE_MS);
      if (hello.protocol < PROTOCOL_MIN || hello.protocol > PROTOCOL_MAX) {
        throw new WireError("protocol_mismatch", `the daemon chose protocol ${hello.protocol}`);
      }
      this.hello = hello;
      await this.options.attached(hello);
      this.failures = 0;
      this.taken = 0;
      if (!stopped()) this.become({ is: "connected", hello });
      return await this.listen(link, hello.heartbeat_ms * HEARTBEATS);
    } finally {
      link.close("over");
      // Ended and started again meanwhile, it may be another's.
      if (this.link === link) this.link = this.hello = undefined;
    }
  }

  private async listen(link: Link, leaseMs: number): Promise<string> {
    const watch = setInterval(
      () => {
        if (performance.now() - link.lastHeard > leaseMs)
          link.close(`nothing was heard of the daemon for ${leaseMs} ms`);
      },
      Math.max(leaseMs / 4, 50),
    );
    try {
      return await link.closed;
    } finally {
      clearInterval(watch);
    }
  }

  private explain(error: unknown): string {
    this.failures += 1;
    const { reason, message } = error instanceof RemoteError || error instanceof WireError ? error : unforeseen(error);
    if (reason === "superseded" && ++this.taken >= TAKEN_MOST) {
      this.taken = 0;
      this.options.windowTaken();
    }
    if (REFUSALS.has(reason)) this.become({ is: "refused", why: message });
    else if (this.state.is === "refused") this.become({ is: "connecting" });
    return `${reason}: ${message}`;
  }

  private pauseMs(): number {
    if (this.state.is === "refused") return PAUSE_REFUSED_MS;
    const most = Math.min(PAUSE_MOST_MS, PAUSE_FIRST_MS * 2 ** Math.min(this.failures, 10));
    return most * (0.5 + 0.5 * (this.options.random ?? Math.random)());
  }

  private become(state: State): void {
    this.state = state;
    this.options.changed(state);
  }
}

function unforeseen(error: unknown): { readonly reason: string; readonly message: string } {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return { reason: "internal", message: code ?? (error instanceof Error ? error.name : typeof error) };
}

async function pause(ms: number, asked: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([over, asked]);
  clearTimeout(timer);
}
