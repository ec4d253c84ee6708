/** One connection to the daemon's socket: bytes in and out of a peer, both ways bounded. */
import { connect, type Socket } from "node:net";
import { LineReader } from "./framing";
import { type Handlers, Peer } from "./peer";
import { inspectSocket } from "./socket";
import { WireError } from "./validate";

const CONNECT_MS = 2_000;
const UNSENT_MAX_BYTES = 8 * 1_048_576;

export type Log = (level: "debug" | "info" | "warning" | "error", message: string) => void;

export class Link {
  readonly peer: Peer;
  /** Resolves with the reason when the connection is over. */
  readonly closed: Promise<string>;
  /** Milliseconds of `performance.now` when something was last heard. */
  lastHeard = performance.now();
  private why: string | undefined;

  private constructor(
    private readonly socket: Socket,
    handlers: Handlers,
    log: Log,
  ) {
    const failed = (method: string, error: unknown) =>
      log("error", `${method} failed with ${error instanceof Error ? error.name : typeof error}`);
    this.peer = new Peer(
      (line) => this.send(line),
      handlers,
      failed,
      (why) => this.close(why),
    );
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        const why = this.why ?? "the daemon hung up";
        this.peer.close(why);
        resolve(why);
      });
    });
    const lines = new LineReader();
    socket.on("data", (chunk: Buffer) => {
      this.lastHeard = performance.now();
      for (const line of lines.feed(chunk)) this.peer.receive(line);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.why ??= `the connection failed (${error.code ?? error.name})`;
    });
  }

  /** Rejects with WireError daemon_not_running or socket_unsafe. */
  static async open(path: string, handlers: Handlers, log: Log): Promise<Link> {
    await inspectSocket(path);
    return new Link(await dial(path), handlers, log);
  }

  close(why: string): void {
    this.why ??= why;
    this.socket.destroy();
  }

  /** Resolves when all that was said is with the kernel, or the connection is over. */
  async flushed(): Promise<void> {
    if (this.socket.writableLength === 0 || this.socket.destroyed) return;
    await Promise.race([new Promise((resolve) => this.socket.once("drain", resolve)), this.closed]);
  }

  private send(line: Buffer): void {
    if (this.socket.destroyed) return;
    if (this.socket.writableLength + line.length > UNSENT_MAX_BYTES)
      this.close("the daemon does not read what it is sent");
    else this.socket.write(line);
  }
}

function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const refuse = (why: string) => {
      socket.destroy();
      reject(new WireError("daemon_not_running", `no daemon answers (${why})`, path, "koru up"));
    };
    socket.setTimeout(CONNECT_MS, () => refuse("timeout"));
    socket.once("error", (error: NodeJS.ErrnoException) => refuse(error.code ?? error.name));
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}
