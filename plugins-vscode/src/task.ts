/** A delivery under way: its facts, its trace, and who has been told what. */
import type { Task } from "./hosts/delivery";
import type { ChannelGrade, ChatTarget, DeliverParams, FactKind, FactReport, TraceStep } from "./protocol.gen";

const DETAIL_MAX = 300;

/** `touched` resolves when that is on disk; `tell` sends a fact that came after the answer. */
export interface TaskOutlet {
  readonly touched: () => Promise<void>;
  readonly tell: (fact: FactReport) => void;
}

export class RunningTask implements Task {
  readonly facts: FactReport[] = [];
  readonly trace: TraceStep[] = [];
  readonly text: string;
  readonly textSha: string;
  readonly submit: boolean;
  readonly target: ChatTarget;
  wasTouched = false;
  private told = false;
  private handedOver = false;
  private isPending = false;
  private released: () => void = () => undefined;
  private readonly waiting: (() => void)[] = [];
  /** Resolves when somebody was answered and the host has everything. */
  readonly free: Promise<void>;

  constructor(
    params: DeliverParams,
    private readonly outlet: TaskOutlet,
  ) {
    this.text = params.text;
    this.textSha = params.text_sha;
    this.submit = params.submit;
    this.target = params.target;
    this.free = new Promise((resolve) => {
      this.released = resolve;
    });
  }

  async touch(): Promise<void> {
    await this.outlet.touched();
    this.wasTouched = true;
  }

  handOver(): void {
    this.handedOver = true;
    if (this.told) this.released();
  }

  learn(kind: FactKind, grade: ChannelGrade, detail?: string): void {
    const about = { kind, grade, at_ms: Date.now(), text_sha: this.textSha };
    const fact = detail === undefined ? about : { ...about, detail: [...detail].slice(0, DETAIL_MAX).join("") };
    this.facts.push(fact);
    if (this.told) this.outlet.tell(fact);
  }

  async step<T>(op: string, command: string | undefined, run: () => PromiseLike<T>): Promise<T> {
    const began = performance.now();
    const keep = (ok: boolean, detail?: string) =>
      this.trace.push({
        op,
        ok,
        ms: Math.round(performance.now() - began),
        ...(command !== undefined && { command }),
        ...(detail !== undefined && { detail }),
      });
    try {
      const value = await run();
      keep(true);
      return value;
    } catch (error) {
      keep(false, error instanceof Error ? error.name : typeof error);
      throw error;
    }
  }

  whenPending(run: () => void): void {
    if (this.isPending) run();
    else this.waiting.push(run);
  }

  /** The daemon is told that this takes longer: what the interface has to say to that comes first. */
  markPending(): void {
    this.isPending = true;
    for (const run of this.waiting.splice(0)) run();
    this.markTold();
  }

  /** All facts so far are in an answer; later ones are told one by one. */
  markTold(): void {
    this.told = true;
    if (this.handedOver) this.released();
  }
}
