/**
 * Whether the window behind this extension host is there. A host outlives a window that crashed or lost its network by
 * hours, and what it is asked then would be done when the window comes back, long after anybody waits for it.
 */

export class Pulse {
  private beat: Promise<void> | undefined;

  /** `knock` resolves when the window has answered something that changes nothing. */
  constructor(private readonly knock: () => PromiseLike<unknown>) {}

  /** One knock at a time: to a window that is away they would pile up. */
  async answers(ms: number): Promise<boolean> {
    this.beat ??= this.listen();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    try {
      return await Promise.race([this.beat.then(() => true), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async listen(): Promise<void> {
    try {
      await this.knock();
    } catch {
      // An error is an answer too.
    } finally {
      this.beat = undefined;
    }
  }
}
