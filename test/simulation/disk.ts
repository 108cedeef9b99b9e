/**
 * The ledger of a simulated process on a simulated disk: calls wait for the disk in groups, as they do before the real
 * worker; the disk is slow or full; the power is cut before, within or after a transaction. What was committed is told to
 * the witness in the order of the commits, whether or not anybody lives to hear the answer.
 */
import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ShelfwireError, StorageError } from '../../core/errors';
import type { Ledger, OutletSummary } from '../../core/ledger/ledger';
import type { Clock, News } from '../../core/ledger/sqlite/context';
import { type Call, Engine, OPERATION_NAMES, type Reply } from '../../core/ledger/sqlite/engine';
import { fillUp } from './full-disk';
import { type Image, imageOf, tear, writeImage } from './power';
import type { Witness } from './witness';
import type { World } from './world';

/** Nothing here tests a real disk: a folder in memory, where there is one, makes thousands of runs quick. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const KEY = /"idempotencyKey":"\w+"/;

interface Pending {
  call: Call;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export class Disk {
  /** Called when the power is cut. */
  onCut: () => void = () => {};
  private readonly world: World;
  private readonly witness: Witness;
  private readonly folder = mkdtempSync(join(MEMORY, 'shelfwire-sim-'));
  private readonly file = join(this.folder, 'ledger.db');
  private engine: Engine | null = null;
  private clock!: Clock;
  private events = new EventEmitter();
  private waiting: Pending[] = [];
  private flying = false;
  private ids = 0;
  private life = 0;

  constructor(world: World, witness: Witness) {
    this.world = world;
    this.witness = witness;
  }

  /** Starts a process on the file; null when the power is cut meanwhile. */
  open(): Ledger | null {
    const { random, weather } = this.world;
    this.events = new EventEmitter().setMaxListeners(0);
    this.clock = this.newClock();
    this.engine = new Engine(this.file, 'live', this.clock);
    if (random.chance(weather.crash * 5)) {
      this.cut();
      return null;
    }
    this.witness.opened(this.file, this.clock);
    return this.ledgerOf(this.engine);
  }

  /** The power is cut now. @param left what is on the disk then */
  cut(left: Image = imageOf(this.file)): void {
    if (!this.engine) return;
    this.witness.closed();
    this.engine.close();
    this.engine = null;
    // In its place: another file would be taken for a copy.
    writeImage(this.file, left);
    this.life += 1;
    this.waiting = [];
    this.flying = false;
    this.onCut();
  }

  dispose(): void {
    this.witness.closed();
    this.engine?.close();
    this.engine = null;
    rmSync(this.folder, { recursive: true });
  }

  /** The steady clock of a process starts at the wall clock and knows nothing of the process before. */
  private newClock(): Clock {
    const { time } = this.world;
    const offset = time.skew;
    return { now: () => time.now(), steady: () => time.steady + offset, id: () => `${++this.ids}` };
  }

  private ledgerOf(engine: Engine): Ledger {
    const { events } = this;
    const ledger: Record<string, unknown> = {
      info: engine.info,
      on: events.on.bind(events),
      off: events.off.bind(events),
    };
    const { life } = this;
    for (const name of OPERATION_NAMES) {
      // A process without power asks nobody and is told nothing.
      ledger[name] = (...args: unknown[]) => (this.life === life ? this.ask({ name, args }) : new Promise(() => {}));
    }
    return ledger as unknown as Ledger;
  }

  private ask(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ call: structuredClone(call), resolve, reject });
      this.fly();
    });
  }

  private fly(): void {
    if (this.flying) return;
    this.flying = true;
    const { random, time, weather } = this.world;
    const { life } = this;
    time.after(random.chance(weather.slow) ? random.int(100, 4_000) : random.int(0, 8), () => {
      if (this.life === life) this.commit(this.waiting.splice(0));
    });
  }

  private commit(group: Pending[]): void {
    const { random, time, weather } = this.world;
    if (random.chance(weather.thread)) {
      this.loseThread(group);
      return;
    }
    const cut = random.chance(weather.crash) ? random.pick(['before', 'within', 'after']) : null;
    if (cut === 'before') {
      this.cut();
      return;
    }
    const full = random.chance(weather.disk);
    const before = cut === 'within' ? imageOf(this.file) : null;
    const { replies, news } = this.run(group, full);
    // Where one call fails each has a transaction of its own, and of several only the last can be torn: they are synced one by one.
    const alone = replies.every(({ ok }) => ok) && !full;
    const left = before && alone ? tear(before, imageOf(this.file), random) : null;
    if (!left || left.committed) this.tellWitness(group, replies);
    if (cut) {
      this.cut(left?.left);
      return;
    }
    const { life } = this;
    time.after(random.int(0, 4), () => {
      if (this.life === life) this.answer(group, replies, news);
    });
  }

  /** Another thread takes over, with the leases and the clock of this process. What was asked is refused: nobody knows whether it was done. */
  private loseThread(group: Pending[]): void {
    const { random } = this.world;
    if (random.chance(0.5)) this.tellWitness(group, this.run(group, false).replies);
    const { info } = this.engine!;
    this.engine!.close();
    this.engine = new Engine(this.file, 'live', this.clock, info.id);
    this.flying = false;
    for (const { reject } of [...group, ...this.waiting.splice(0)])
      reject(new StorageError('ledger_interrupted', 'the thread ended'));
    const { life } = this;
    this.world.time.after(250, () => {
      if (this.life === life) void this.resume().catch(() => {});
    });
  }

  /** News may have been lost with the thread: who waits for some is told to look, as the real client does. */
  private async resume(): Promise<void> {
    const outlets = (await this.ask({ name: 'outlets', args: [] })) as OutletSummary[];
    const changed = outlets.filter(({ counts }) => counts.waiting > 0).map(({ id }) => id);
    if (changed.length > 0) this.events.emit('changed', changed);
    for (const { id } of outlets) this.events.emit('settled', id);
  }

  private run(group: Pending[], full: boolean): { replies: Reply[]; news: News } {
    const engine = this.engine!;
    const calls = group.map(({ call }) => call);
    if (!full) return engine.run(calls);
    const makeRoom = fillUp(engine, this.world.random);
    try {
      return engine.run(calls);
    } finally {
      makeRoom();
    }
  }

  private tellWitness(group: Pending[], replies: Reply[]): void {
    const { trace, time, problems } = this.world;
    const { id } = this.engine!.info;
    replies.forEach((reply, index) => {
      const { call } = group[index]!;
      // The ledger's own id, and the keys made with it, are the one thing that no seed decides.
      const value = reply.ok ? JSON.stringify(reply.value)?.replaceAll(id, '').replace(KEY, '') : reply.code;
      trace.note(time.steady, `${call.name} ${value}`);
      if (reply.ok) this.witness.committed(call, reply.value);
      else if (reply.code === 'internal' || reply.code === 'storage_failed')
        problems.push(`${call.name} failed: ${reply.message}`);
    });
    this.witness.settled(group.map(({ call }) => call));
  }

  private answer(group: Pending[], replies: Reply[], news: News): void {
    this.flying = false;
    replies.forEach((reply, index) => {
      const { resolve, reject } = group[index]!;
      if (reply.ok) resolve(structuredClone(reply.value));
      else if (reply.retryable) reject(new StorageError(reply.code, reply.message));
      else reject(new ShelfwireError(reply.code, reply.message));
    });
    if (this.waiting.length > 0) this.fly();
    if (news.changed.length > 0) this.events.emit('changed', [...new Set(news.changed)]);
    for (const outlet of new Set(news.settled)) this.events.emit('settled', outlet);
    for (const push of news.finished) this.events.emit('pushFinished', push);
  }
}
