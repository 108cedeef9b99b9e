/** Hears every call that was committed, tells the oracle, and says when the ledger answered or holds anything else. */
import type {
  BeginSend,
  BeginSendResult,
  CodeLink,
  OutletDefinition,
  RecordBatch,
  RecordResult,
} from '../../core/ledger/ledger';
import type { Clock } from '../../core/ledger/sqlite/context';
import type { Call } from '../../core/ledger/sqlite/engine';
import type { Ticket } from '../../core/pushing/ticket';
import type { Oracle } from './oracle';
import { type Told, toldOf } from './told';
import type { Watch } from './watch';
import type { World } from './world';

const DAY_MS = 86_400_000;

const ASKS: ReadonlySet<string> = new Set(['due', 'outlets', 'pushes', 'refused']);

interface Refused {
  sender: string;
  told: Told;
  lookUp: boolean;
}

export class Witness {
  commits = 0;
  private readonly world: World;
  private readonly oracle: Oracle;
  private readonly watch: Watch;
  private clock!: Clock;
  private readonly paused = new Set<string>();
  /** In the order of their numbers, which start at 1. */
  private readonly refused: Refused[] = [];

  constructor(world: World, oracle: Oracle, watch: Watch) {
    this.world = world;
    this.oracle = oracle;
    this.watch = watch;
  }

  opened(file: string, clock: Clock): void {
    this.clock = clock;
    this.watch.open(file);
    this.settled();
  }

  closed(): void {
    this.watch.close();
  }

  committed({ name, args }: Call, value: unknown): void {
    if (name === 'record') {
      const { sender, events, codes } = args[0] as RecordBatch;
      this.recorded(sender, events.map(toldOf), codes === 'look-up', value as RecordResult);
    } else if (name === 'replay') {
      const { sender, told, lookUp } = this.refused[(args[0] as number) - 1]!;
      this.recorded(sender, [told], lookUp, value as RecordResult);
    } else if (name === 'link') {
      for (const { sku } of args[0] as CodeLink[]) this.oracle.link(sku);
    } else if (name === 'defineOutlets') {
      this.oracle.define(args[1] as OutletDefinition[]);
    } else if (name === 'setPaused') {
      if (args[1]) this.paused.add(args[0] as string);
      else this.paused.delete(args[0] as string);
    } else if (name === 'beginSend') {
      this.mayLeave(args[0] as BeginSend, value as BeginSendResult);
    } else if (name === 'claim') {
      const { entries } = (value as { ticket: Ticket }).ticket;
      this.oracle.claimed(
        args[0] as string,
        entries.map(({ sku }) => sku),
      );
    } else if (name === 'prune') {
      // A clock that was set forward makes nothing old.
      this.oracle.forget(Math.min(this.clock.now(), this.clock.steady()) - (args[0] as number) * DAY_MS);
    }
  }

  /** After all calls of a transaction. What only asks is not looked at: the next commit shows what it did. */
  settled(calls: Call[] = []): void {
    this.commits += 1;
    if (calls.length > 0 && calls.every(({ name }) => ASKS.has(name))) return;
    const { problems, time, trace } = this.world;
    const found = this.watch.check();
    for (const problem of found) trace.note(time.steady, problem);
    problems.push(...found);
  }

  /** Nothing leaves for an outlet that is paused, switched off or has moved. */
  private mayLeave({ ticket, endpoint }: BeginSend, result: BeginSendResult): void {
    const outlet = this.oracle.definitions.get(ticket.outlet)!;
    if (!result.send || (!this.paused.has(ticket.outlet) && outlet.enabled && outlet.endpoint === endpoint)) return;
    this.world.problems.push(`${ticket.outlet} is paused, switched off or has moved, and a request leaves for it`);
  }

  private recorded(sender: string, events: Told[], lookUp: boolean, { outcomes }: RecordResult): void {
    const expected = this.oracle.record(sender, events, lookUp, this.world.time.now());
    expected.forEach((outcome, index) => {
      const told = events[index]!;
      if (outcome === 'refused') this.refused.push({ sender, told, lookUp });
      if (outcome !== outcomes[index])
        this.world.problems.push(`${JSON.stringify(told)} was ${outcomes[index]}, it should be ${outcome}`);
    });
  }
}
