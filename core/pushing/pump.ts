/**
 * Takes what is to be sent from the ledger and hands it on, outlets in turn, one message each. Never two at a time for
 * one outlet here; how many messages of an outlet may be on their way is the ledger's rule.
 */
import type { Ledger, Take } from '../ledger/ledger';

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
  private readonly ready = new Set<string>();
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
    const { ledger, limit, emit, paused, failed } = this.options;
    try {
      while (this.ready.size > 0 && !this.stopped && !paused()) {
        const outlet: string = this.ready.values().next().value!;
        // Out of the set before the question, so that a call meanwhile is not lost.
        this.ready.delete(outlet);
        const taken = await ledger.take(outlet, limit);
        if (!taken) continue;
        if (this.stopped || paused()) {
          await ledger.giveBack(taken.ticket);
          return;
        }
        // At the end of the row: the other outlets come first.
        this.ready.add(outlet);
        await emit(taken);
      }
    } catch (thrown) {
      this.ready.clear();
      failed(thrown);
    } finally {
      this.running = null;
    }
  }
}
