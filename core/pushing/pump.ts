/**
 * Takes what is to be sent from the ledger and hands it on, outlets in turn, one message each: several outlets at a time
 * while their messages are small, since each question waits for the disk. How many messages of an outlet may be on their
 * way is the ledger's rule.
 */
import type { Ledger, Take } from '../ledger/ledger';

/** Outlets asked for at once; how long the answer takes is bounded by the items in it. */
const AT_ONCE = 50;

export interface PumpOptions {
  ledger: Ledger;
  /** Most items in one message. */
  limit: number;
  /** Hands a message on. */
  emit: (take: Take) => Promise<void>;
  /** While true nothing is taken; waking the pump later goes on. */
  paused: () => boolean;
  /** The ledger cannot give anything now; waking the pump later tries again. */
  failed: (thrown: unknown) => void;
}

export class Pump {
  private readonly options: PumpOptions;
  private ready = new Set<string>();
  private running: Promise<void> | null = null;
  private stopped = false;

  constructor(options: PumpOptions) {
    this.options = options;
  }

  /** There may be something to take at these outlets. */
  wake(outlets: Iterable<string>): void {
    if (this.stopped) return;
    for (const outlet of outlets) this.ready.add(outlet);
    if (this.ready.size > 0 && !this.options.paused()) this.running ??= this.run();
  }

  /** Resolves when nothing is being taken any more; what was taken after the call is given back. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.ready.clear();
    await this.running;
  }

  private async run(): Promise<void> {
    const { ledger, limit, paused, failed } = this.options;
    try {
      while (this.ready.size > 0 && !this.stopped && !paused()) {
        const outlets = [...this.ready].slice(0, AT_ONCE);
        // Out of the set before the question, so that a call meanwhile is not lost.
        for (const outlet of outlets) this.ready.delete(outlet);
        const { taken, rest } = await ledger.takeInTurn(outlets, limit);
        // Whose turn did not come is the next; whoever had one comes after all the others.
        const had = new Set(taken.map(({ ticket }) => ticket.outlet));
        this.ready = new Set([...rest.filter((outlet) => !had.has(outlet)), ...this.ready, ...rest]);
        await this.handOn(taken);
      }
    } catch (thrown) {
      this.ready.clear();
      failed(thrown);
    } finally {
      this.running = null;
    }
  }

  /** What cannot be handed on any more goes back to its push. */
  private async handOn(taken: Take[]): Promise<void> {
    const { ledger, emit, paused } = this.options;
    for (const take of taken) {
      if (this.stopped || paused()) await ledger.recall([take.ticket.outlet]);
      else await emit(take);
    }
  }
}
