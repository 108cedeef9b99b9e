/**
 * The product as the process runs it, without Node-RED: ledger, pump, chunker, retry, push engine. It can be killed at
 * any call of the ledger, before or after the commit, and started again on the same file. The flow in between may drop
 * and copy messages, as an operator's wiring may.
 */
import { ANSWERS } from '../../connectors/pasons/profile';
import { StorageError } from '../../core/errors';
import type { Ledger, OutletDefinition } from '../../core/ledger/ledger';
import { openDirect } from '../../core/ledger/sqlite/direct';
import { push } from '../../core/pushing/engine';
import type { HttpClient } from '../../core/pushing/http';
import { outgoing } from '../../core/pushing/outgoing';
import { Pump } from '../../core/pushing/pump';
import type { PushTarget } from '../../core/pushing/target';
import type { Ticket } from '../../core/pushing/ticket';
import { decide } from '../../core/retrying/backoff';
import type { Random } from './random';
import type { Scheduler } from './scheduler';

export interface Faults {
  /** Chance of a crash at a call of the ledger. */
  crash: number;
  /** Chance that a call finds the disk full. */
  disk: number;
  /** Chances that the flow loses, thins out or copies a message. */
  drop: number;
  thin: number;
  copy: number;
}

const CHUNK = 3;
const BACKOFF = { attempts: 3, delay: 1, factor: 2, maxDelay: 60, jitter: 0.2 };
const NEVER = new Promise<never>(() => {});

export class Product {
  /** Null while it is down. */
  ledger: Ledger | null = null;
  crashes = 0;
  faults: Faults;
  private raw: Ledger | null = null;
  private target!: PushTarget;
  private life = 0;
  private readonly file: string;
  private readonly random: Random;
  private readonly time: Scheduler;
  private readonly http: HttpClient;
  private readonly definition: OutletDefinition;
  private ids = 0;

  constructor(options: {
    file: string;
    random: Random;
    time: Scheduler;
    http: HttpClient;
    definition: OutletDefinition;
    faults: Faults;
  }) {
    this.file = options.file;
    this.random = options.random;
    this.time = options.time;
    this.http = options.http;
    this.definition = options.definition;
    this.faults = options.faults;
  }

  start(): void {
    this.life += 1;
    const life = this.life;
    const { time } = this;
    const clock = { now: () => time.now(), steady: () => time.steady, id: () => `${++this.ids}` };
    this.raw = openDirect({ file: this.file, kind: 'live', clock });
    this.target = this.makeTarget();
    this.ledger = this.guarded(this.raw, life);
    void this.run(this.ledger, life).catch(() => {});
  }

  /** Slots are the process's: with it they are gone. */
  private makeTarget(): PushTarget {
    const { definition } = this;
    let used = 0;
    const queue: (() => void)[] = [];
    return {
      definition,
      method: 'POST',
      headers: () => ({}),
      secrets: () => [],
      succeeds: async () => undefined,
      slot: async () => {
        if (used >= definition.concurrency) await new Promise<void>((resolve) => queue.push(resolve));
        used += 1;
        let free = false;
        return () => {
          if (free) return;
          free = true;
          used -= 1;
          queue.shift()?.();
        };
      },
    };
  }

  /** As a power cut: what was not committed is gone, nobody is told. */
  crash(): void {
    if (!this.raw) return;
    this.crashes += 1;
    this.life += 1;
    void this.raw.close();
    this.raw = null;
    this.ledger = null;
    this.time.after(this.random.int(10, 5_000), () => this.start());
  }

  private guarded(ledger: Ledger, life: number): Ledger {
    const { random } = this;
    return new Proxy(ledger, {
      get: (target, name: keyof Ledger) => {
        const member = target[name] as unknown;
        if (typeof member !== 'function' || name === 'on' || name === 'off') return member;
        return async (...args: unknown[]) => {
          if (this.life !== life) return NEVER;
          if (random.chance(this.faults.disk)) throw new StorageError('disk_full', 'simulated');
          if (random.chance(this.faults.crash)) {
            if (random.chance(0.5)) await (member as (...all: unknown[]) => Promise<unknown>)(...args).catch(() => {});
            if (this.life === life) this.crash();
            return NEVER;
          }
          const result: unknown = await (member as (...all: unknown[]) => Promise<unknown>)(...args);
          return this.life === life ? result : NEVER;
        };
      },
    });
  }

  private async run(ledger: Ledger, life: number): Promise<void> {
    const alive = () => this.life === life;
    const again = async (work: () => Promise<unknown>) => {
      while (alive()) {
        try {
          return await work();
        } catch {
          await this.time.sleep(500);
        }
      }
      return NEVER;
    };
    await again(() => ledger.defineOutlets('pasons', [this.definition]));
    const pump = new Pump({
      ledger,
      limit: 10,
      paused: () => false,
      emit: async (take) => {
        const { items, ticket, refused } = outgoing(take, this.definition.fields);
        if (refused.length > 0) await ledger.refuse(take.ticket, refused);
        if (items.length > 0) this.flow(ledger, ticket, items, alive);
      },
      failed: () => {},
    });
    let gathering = false;
    ledger.on('changed', () => {
      if (gathering || !alive()) return;
      gathering = true;
      this.time.after(200, () => {
        gathering = false;
        if (!alive()) return;
        void ledger
          .startPush({ outlet: this.definition.outlet, type: 'partial', trigger: 'auto', created_by: 'auto' })
          .then(() => pump.wake([this.definition.outlet]))
          .catch(() => {});
      });
    });
    ledger.on('settled', (outlet) => pump.wake([outlet]));
    while (alive()) {
      await ledger.due().then(
        (outlets) => pump.wake(outlets),
        () => {},
      );
      if (this.random.chance(0.02)) {
        void ledger
          .startPush({
            outlet: this.definition.outlet,
            type: this.random.chance(0.3) ? 'full' : 'partial',
            trigger: 'schedule',
            created_by: 'schedule',
          })
          .catch(() => {});
      }
      await this.time.sleep(1_000);
    }
  }

  /** What stands between changed stock and the push in an operator's flow. */
  private flow(ledger: Ledger, ticket: Ticket, items: { sku: string }[], alive: () => boolean): void {
    const { random } = this;
    if (random.chance(this.faults.drop)) return;
    const copies = random.chance(this.faults.copy) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const size = ticket.repeat ? Math.max(1, items.length) : CHUNK;
      for (let at = 0; at < items.length; at += size) {
        let payload: { sku: string }[] = items.slice(at, at + size);
        const own = new Set(payload.map(({ sku }) => sku));
        const entries = structuredClone(ticket.entries.filter(({ sku }) => own.has(sku)));
        if (!ticket.repeat && random.chance(this.faults.thin)) payload = payload.slice(1);
        void this.deliver(ledger, { ...ticket, entries }, payload, alive, 1).catch(() => {});
      }
    }
  }

  /** The visible loop of retry and push. */
  private async deliver(
    ledger: Ledger,
    ticket: Ticket,
    payload: unknown[],
    alive: () => boolean,
    attempt: number,
  ): Promise<void> {
    if (!alive()) return;
    const { failed } = await push({
      ledger,
      http: async (request) => {
        const result = await this.http(request);
        return alive() ? result : NEVER;
      },
      profile: ANSWERS,
      now: () => this.time.now(),
      target: this.target,
      ticket,
      payload,
      sliced: true,
      mayHold: () => true,
    });
    for (const part of failed) {
      if (part.ticket.entries.length === 0) continue;
      const { retryable, retryAfter, code, message, statusCode, reach } = part.error;
      const decision = decide(
        { retryable, retryAfter, attempt, probe: part.ticket.probe === true },
        BACKOFF,
        this.random.next,
      );
      if (!decision.retry) {
        if (retryable) await ledger.giveBack(part.ticket, { code, message, statusCode, reach, retryAfter });
        continue;
      }
      await ledger.renew(part.ticket.outlet, part.ticket.entries, this.time.now() + decision.wait + 30_000);
      this.time.after(decision.wait, () => {
        void this.deliver(ledger, part.ticket, part.items, alive, attempt + 1).catch(() => {});
      });
    }
  }
}
