/** Deliveries, each at most once: the journal is asked first and written before anything is touched. */
import { type Declined, declined, type Delivery, type Ending, lost } from "./hosts/delivery";
import type { Entry, Journal } from "./journal";
import type { ChatTarget, DeliverParams, DeliverResult, FactReport, JournalState, LookupResult } from "./protocol.gen";
import { RunningTask } from "./task";
import { normalise, textSha } from "./textHash";
import { WireError } from "./validate";

/** `deliveries`: those the window can do now; `refusal` says why the window takes nothing now; `tell` sends a late fact. */
export interface DrivesOptions {
  readonly journal: Journal;
  readonly deliveries: () => readonly Delivery[];
  readonly refusal: () => Promise<Declined | undefined>;
  readonly tell: (surfaceId: string, driveId: string, fact: FactReport) => void;
  readonly failed: (where: string, error: unknown) => void;
}

const CLOSED_MAX = 1000;

interface Run {
  readonly params: DeliverParams;
  readonly task: RunningTask;
  readonly over: Promise<Ending>;
}

export class Drives {
  private readonly running = new Map<string, Run>();
  private readonly closed = new Set<string>();
  private acting: Run | undefined;

  constructor(private readonly options: DrivesOptions) {}

  /** Answers within `answer_within_ms`. Rejects with WireError invalid_params or id_conflict. */
  async deliver(params: DeliverParams): Promise<DeliverResult> {
    if (normalise(params.text) === "") throw new WireError("invalid_params", "the text is blank", "text");
    if (textSha(params.text) !== params.text_sha) {
      throw new WireError("invalid_params", "text_sha is not the hash of text", "text_sha");
    }
    const known = this.known(params);
    if (known !== undefined) return known;
    const refusal = await this.options.refusal();
    // Meanwhile the same drive may have come again, or another have begun.
    const other = this.known(params) ?? this.turnAway(params, refusal);
    return other ?? this.answer(this.begin(params), params);
  }

  /** What the journal knows. A drive it does not know is closed: it will not be begun here afterwards. */
  async lookup(driveId: string): Promise<LookupResult> {
    const run = this.running.get(driveId);
    const entry = this.options.journal.find(driveId);
    if (run !== undefined) {
      run.task.markTold();
      const { facts } = run.task;
      const state = entry?.state ?? "begun";
      return { drive_id: driveId, state, facts: [...facts], in_flight: true, text_sha: run.params.text_sha };
    }
    if (entry === undefined) {
      this.close(driveId);
      await this.write(row(driveId, "absent", []));
      return { drive_id: driveId, state: "absent", facts: [], in_flight: false };
    }
    const about = { drive_id: driveId, state: stateOf(entry), facts: entry.facts, in_flight: false };
    return { ...about, ...(entry.text_sha !== undefined && { text_sha: entry.text_sha }) };
  }

  /** The target of a delivery that still runs. */
  target(driveId: string): ChatTarget | undefined {
    return this.running.get(driveId)?.params.target;
  }

  private close(driveId: string): void {
    this.closed.add(driveId);
    const [oldest] = this.closed;
    if (this.closed.size > CLOSED_MAX && oldest !== undefined) this.closed.delete(oldest);
  }

  /** Rows that only describe: losing one is told, and stops nothing. */
  private write(entry: Entry): Promise<void> {
    return this.options.journal.write(entry).catch((error: unknown) => this.options.failed("journal", error));
  }

  /** The answer where this drive runs already, or is over. Throws WireError id_conflict. */
  private known(params: DeliverParams): Promise<DeliverResult> | DeliverResult | undefined {
    const joined = this.running.get(params.drive_id);
    const before = joined?.params ?? this.options.journal.find(params.drive_id);
    if (before?.text_sha !== undefined && before.text_sha !== params.text_sha) {
      throw new WireError("id_conflict", "this drive was begun with another text", "drive_id");
    }
    return joined === undefined ? this.replay(params) : this.answer(joined, params);
  }

  private replay(params: DeliverParams): DeliverResult | undefined {
    const entry = this.options.journal.find(params.drive_id);
    if (entry?.state === "absent" || this.closed.has(params.drive_id)) {
      return result(params, declined("drive_closed", "this window has already said that it never began this drive"));
    }
    if (entry === undefined || stateOf(entry) === "declined") return undefined;
    const ended: NonNullable<Entry["ended"]> = entry.ended ?? lost("the extension host ended while it acted");
    return { drive_id: params.drive_id, epoch: params.epoch, facts: entry.facts, trace: [], ...ended };
  }

  private turnAway(params: DeliverParams, refusal: Declined | undefined): DeliverResult | undefined {
    if (refusal !== undefined) return result(params, refusal);
    if (!this.options.deliveries().some((delivery) => delivery.id === params.interface)) {
      return result(params, declined("interface_unavailable", `this window does not offer ${params.interface}`));
    }
    // Two at once would take the focus from each other; once answered, the host keeps them apart by its own queue.
    if (this.acting === undefined) return undefined;
    return result(params, declined("surface_busy", `drive ${this.acting.params.drive_id} is being delivered`));
  }

  private begin(params: DeliverParams): Run {
    const { drive_id: driveId, surface_id: surfaceId } = params;
    const task = new RunningTask(params, {
      touched: () => this.options.journal.write(row(driveId, "touched", [], params.text_sha)),
      tell: (fact) => this.options.tell(surfaceId, driveId, fact),
    });
    const run: Run = { params, task, over: this.perform(params, task) };
    this.running.set(driveId, run);
    this.acting = run;
    const release = () => {
      if (this.acting === run) this.acting = undefined;
    };
    void task.free.then(release);
    void run.over.then(() => {
      release();
      this.running.delete(driveId);
    });
    return run;
  }

  /** Never rejects. */
  private async perform(params: DeliverParams, task: RunningTask): Promise<Ending> {
    const now = (state: JournalState, ending?: Ending) =>
      row(params.drive_id, state, task.facts, params.text_sha, ending);
    try {
      await this.options.journal.write(now("begun"));
    } catch (error) {
      this.options.failed("journal", error);
      return declined("journal_unwritable", "the journal of this window cannot be written, so nothing was begun");
    }
    const ending = await this.act(params, task);
    await this.write(now(finalState(task, ending), ending));
    return ending;
  }

  private async act(params: DeliverParams, task: RunningTask): Promise<Ending> {
    try {
      return await this.delivery(params).act(task);
    } catch (error) {
      this.options.failed(params.interface, error);
      const kind = error instanceof Error ? error.name : typeof error;
      return task.wasTouched
        ? lost(`the interface failed with ${kind} after it had begun`)
        : declined("command_unavailable", `the interface failed with ${kind} before anything was touched`);
    }
  }

  private delivery(params: DeliverParams): Delivery {
    const delivery = this.options.deliveries().find((each) => each.id === params.interface);
    if (delivery === undefined) throw new Error("the interface is gone");
    return delivery;
  }

  private async answer(run: Run, params: DeliverParams): Promise<DeliverResult> {
    const ending = await within(run.over, params.answer_within_ms);
    if (ending === undefined) run.task.markPending();
    else run.task.markTold();
    return result(params, ending ?? { disposition: "pending" }, run.task);
  }
}

type Told = Ending | { readonly disposition: "pending" };

function result(params: DeliverParams, ending: Told, task?: RunningTask): DeliverResult {
  const { drive_id, epoch } = params;
  return { drive_id, epoch, facts: [...(task?.facts ?? [])], trace: [...(task?.trace ?? [])], ...ending };
}

/** What `over` gives within `ms`, else undefined. */
async function within<T>(over: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([over, late]);
  } finally {
    clearTimeout(timer);
  }
}

function row(driveId: string, state: JournalState, facts: readonly FactReport[], sha?: string, ended?: Ending): Entry {
  const who = { drive_id: driveId, state, at_ms: Date.now(), pid: process.pid, facts: [...facts] };
  return { ...who, ...(sha && { text_sha: sha }), ...(ended && { ended }) };
}

function finalState(task: RunningTask, ending: Ending): JournalState {
  if (ending.disposition === "declined") return "declined";
  const kinds = new Set(task.facts.map((fact) => fact.kind));
  return kinds.has("submitted") ? "submitted" : kinds.has("withdrawn") ? "withdrawn" : "touched";
}

/** A process that died before it wrote "touched" has touched nothing. */
function stateOf(entry: Entry): JournalState {
  return entry.state === "begun" && entry.ended === undefined && !isAlive(entry.pid) ? "declined" : entry.state;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
