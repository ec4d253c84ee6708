/**
 * One end of the wire: answers requests by handlers, sends its own through a function that takes a line.
 * Every request of ours ends, with peer_gone if the other side does. Knows neither sockets nor editors.
 */
import { type Call, encodeLine, type Id, readLine, type Refused, type Reply } from "./envelope";
import { type Line, OVERSIZE } from "./framing";
import {
  type Empty,
  type ErrorObject,
  LINE_MAX_BYTES,
  type Method,
  METHODS,
  type Methods,
  type Reason,
} from "./protocol.gen";
import { decode, type JsonObject, WireError } from "./validate";

export type Handlers = {
  readonly [M in Method]?: (params: Methods[M]["params"]) => Promise<Methods[M]["result"]>;
};

/** What the other side refused with. `reason` may be a word of a newer peer. */
export class RemoteError extends Error {
  readonly reason: string;
  readonly retry: boolean;
  readonly hint: string | undefined;

  constructor(error: ErrorObject) {
    super(error.message);
    this.name = "RemoteError";
    this.reason = error.data?.reason ?? "internal";
    this.retry = error.data?.retry ?? false;
    this.hint = error.data?.hint;
  }
}

interface Pending {
  readonly method: Method;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const REQUESTS_MAX = 64;
const GARBAGE_MAX = 32;
const CODES: Partial<Record<Reason, number>> = {
  parse_error: -32700,
  invalid_request: -32600,
  unknown_method: -32601,
  invalid_params: -32602,
};

export class Peer {
  private readonly pending = new Map<Id, Pending>();
  private readonly running = new Set<Id>();
  private told: Promise<unknown> = Promise.resolve();
  private lastId = 0;
  private garbage = 0;
  private gone: WireError | undefined;

  /** `send` must not throw. `failed` hears of unforeseen errors in handlers; `drop` is called when it is enough. */
  constructor(
    private readonly send: (line: Buffer) => void,
    private readonly handlers: Handlers,
    private readonly failed: (method: string, error: unknown) => void,
    private readonly drop: (why: string) => void,
  ) {}

  /** Ask. Rejects with RemoteError, or WireError timeout, peer_gone, overloaded, line_too_long, invalid_result. */
  request<M extends Method>(
    method: M,
    params: Methods[M]["params"],
    timeoutMs: number,
  ): Promise<NonNullable<Methods[M]["result"]>> {
    if (this.gone !== undefined) return Promise.reject(this.gone);
    if (this.pending.size >= REQUESTS_MAX) {
      return Promise.reject(new WireError("overloaded", "too many requests wait for an answer"));
    }
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const line = encodeLine({ id, method, params: params as JsonObject });
      const late = () =>
        this.settle(id)?.reject(new WireError("timeout", `no answer to ${method} within ${timeoutMs} ms`));
      this.pending.set(id, { method, resolve, reject, timer: setTimeout(late, timeoutMs) });
      this.send(line);
    });
  }

  /** Tell. Does nothing when the other side is gone. Throws WireError line_too_long, invalid_request. */
  notify<M extends Method>(method: M, params: Methods[M]["params"]): void {
    const line = encodeLine({ method, params: params as JsonObject });
    if (this.gone === undefined) this.send(line);
  }

  /** The other side is gone, or we are: every request of ours ends now. */
  close(why: string): void {
    if (this.gone !== undefined) return;
    this.gone = new WireError("peer_gone", why);
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(new WireError("peer_gone", why));
  }

  /** Take one line of the other side. Never throws. */
  receive(line: Line): void {
    if (this.gone !== undefined) return;
    if (line === OVERSIZE) {
      this.refuse(undefined, new WireError("line_too_long", `a line is longer than ${LINE_MAX_BYTES} bytes`));
      return;
    }
    const message: Call | Reply | Refused = readLine(line);
    if (message.is === "refused") this.refuse(message.id, message.error);
    else if (message.is === "reply") this.replied(message);
    else if (message.id === undefined) this.notified(message);
    else void this.answer(message.id, message);
  }

  private settle(id: Id): Pending | undefined {
    const pending = this.pending.get(id);
    if (pending !== undefined) clearTimeout(pending.timer);
    this.pending.delete(id);
    return pending;
  }

  private refuse(id: Id | undefined, error: WireError): void {
    this.garbage += 1;
    this.sendError(id, error);
    if (this.garbage >= GARBAGE_MAX) this.drop(`${GARBAGE_MAX} lines were no messages`);
  }

  private replied(reply: Reply): void {
    const pending = reply.id === undefined ? undefined : this.settle(reply.id);
    if (pending === undefined) {
      // An error under no id is all a peer says before it hangs up.
      if (reply.id === undefined && reply.error !== undefined) this.drop(reply.error.message);
      return;
    }
    try {
      if (reply.error !== undefined) throw new RemoteError(reply.error);
      const expected = METHODS[pending.method].result ?? "Empty";
      pending.resolve(decode(expected, reply.result, "invalid_result") as never);
    } catch (error) {
      pending.reject(error as Error);
    }
  }

  private notified(call: Call): void {
    const run = async () => {
      try {
        const known = this.find(call);
        if (!known.asked) await known.run();
      } catch (error) {
        if (!(error instanceof WireError)) this.failed(call.method, error);
      }
    };
    this.told = this.told.then(run);
  }

  private async answer(id: Id, call: Call): Promise<void> {
    if (this.running.has(id)) {
      // Not answered under its id: that would be read as the answer to the first.
      this.refuse(undefined, new WireError("invalid_request", "a request with this id is still in flight", "id"));
      return;
    }
    this.running.add(id);
    try {
      if (this.running.size > REQUESTS_MAX) throw new WireError("overloaded", "too many requests at once");
      const known = this.find(call);
      if (!known.asked) throw new WireError("invalid_request", `${call.method} is a notification: no id`, "id");
      const result = await known.run();
      this.sendLine({ id, result: result ?? {} });
    } catch (error) {
      if (!(error instanceof WireError)) this.failed(call.method, error);
      this.sendError(id, error);
    } finally {
      this.running.delete(id);
    }
  }

  private find(call: Call): { readonly asked: boolean; readonly run: () => Promise<unknown> } {
    if (call.method === "ping" && this.handlers.ping === undefined) return { asked: true, run: pong };
    const handler = this.handlers[call.method as Method] as ((params: unknown) => Promise<unknown>) | undefined;
    if (handler === undefined || !Object.hasOwn(METHODS, call.method)) {
      throw new WireError("unknown_method", "there is no such method here", "method");
    }
    const spec = METHODS[call.method as Method];
    const params = decode(spec.params, call.params);
    return { asked: spec.result !== null, run: () => handler(params) };
  }

  private sendError(id: Id | undefined, error: unknown): void {
    // The text of an unforeseen error can hold a prompt; only its kind goes out.
    const known = error instanceof WireError ? error : new WireError("internal", `failed with ${kindOf(error)}`);
    const { reason, message, where, hint } = known;
    const data = { reason, retry: reason === "overloaded", ...(where && { where }), ...(hint && { hint }) };
    this.sendLine({ id: id ?? null, error: { code: CODES[reason] ?? -32000, message, data } });
  }

  private sendLine(message: JsonObject): void {
    if (this.gone !== undefined) return;
    try {
      this.send(encodeLine(message));
    } catch (error) {
      this.send(
        encodeLine({
          id: message["id"] ?? null,
          error: {
            code: -32000,
            message: "the answer cannot be sent",
            data: { reason: (error as WireError).reason, retry: false },
          },
        }),
      );
    }
  }
}

function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

const pong = (): Promise<Empty> => Promise.resolve({});
