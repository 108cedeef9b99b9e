/**
 * What stands between changed stock and the history in an operator's flow: field mapper, chunker, and the visible loop of
 * retry and push. It may lose, thin out, hold back, shuffle, copy and add to messages, as anybody's wiring may.
 */
import { ANSWERS } from '../../connectors/pasons/profile';
import { distribute, slice } from '../../core/chunking/chunking';
import type { Ledger } from '../../core/ledger/ledger';
import { push } from '../../core/pushing/engine';
import type { HttpClient } from '../../core/pushing/http';
import type { OutgoingItem } from '../../core/pushing/outgoing';
import type { FailedPart } from '../../core/pushing/result';
import type { PushTarget } from '../../core/pushing/target';
import type { Ticket, TicketMapping } from '../../core/pushing/ticket';
import { decide } from '../../core/retrying/backoff';
import { type Released, WaitingRoom } from '../../core/retrying/waiting-room';
import { runThrough } from '../../core/steps';
import type { Cancel } from './scheduler';
import type { World } from './world';

const CHUNK = 3;
const BACKOFF = { attempts: 3, delay: 1, factor: 2, maxDelay: 60, jitter: 0.2 };
/** Small, so that it is sometimes full. */
const ROOM = 4;

/** How a flow is wired: drawn for each deploy. */
export interface Wiring {
  /** Whether a field mapper renames the SKU. */
  mapped: boolean;
  retry: boolean;
  chunker: boolean;
}

export interface FlowParts {
  ledger: Ledger;
  http: HttpClient;
  targets: ReadonlyMap<string, PushTarget>;
  wiring: Wiring;
}

const MAPPING: TicketMapping = { fingerprint: 'renamed', key: 'product_id', wrap: '{"items":"{items}"}' };
const renamed = (sku: string): string => `P-${sku}`;

type Item = Partial<OutgoingItem> & { product_id?: string };

export class Flow {
  private readonly parts: FlowParts;
  private readonly world: World;
  private readonly room: WaitingRoom;

  constructor(parts: FlowParts, world: World) {
    this.parts = parts;
    this.world = world;
    this.room = new WaitingRoom(ROOM, {
      set: (run, ms) => world.time.after(ms, run),
      clear: (cancel) => (cancel as Cancel)(),
    });
  }

  /** A message of changed stock. */
  send(ticket: Ticket, items: OutgoingItem[]): void {
    const { random, weather, time } = this.world;
    if (random.chance(weather.drop)) return;
    const messages = this.sliced(...this.map(ticket, items));
    for (const message of messages) {
      const copies = random.chance(weather.copy) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const payload = ticket.repeat ? message.payload : this.meddle(message.payload);
        const wait = random.chance(weather.hold) ? random.int(0, 45_000) : copy * random.int(0, 3_000);
        time.after(wait, () => this.push(structuredClone(message.ticket), payload, 1));
      }
    }
  }

  /** An operator's own list, for items that are claimed. */
  sendList(ticket: Ticket, payload: unknown[]): void {
    this.push({ ...ticket, list: true, mapping: { fingerprint: 'none', key: 'sku' } }, payload, 1);
  }

  private map(ticket: Ticket, items: OutgoingItem[]): [Ticket, Item[]] {
    if (!this.parts.wiring.mapped || ticket.repeat) return [ticket, items];
    const entries = ticket.entries.map((entry) => ({ ...entry, key: renamed(entry.sku) }));
    return [
      { ...ticket, mapping: MAPPING, entries },
      items.map(({ sku, ...rest }) => ({ product_id: renamed(sku), ...rest })),
    ];
  }

  private sliced(ticket: Ticket, items: Item[]): { ticket: Ticket; payload: Item[] }[] {
    if (ticket.repeat || !this.parts.wiring.chunker) return [{ ticket, payload: items }];
    const slices = runThrough(slice(items, { size: CHUNK, bytes: 0 }));
    const entries = distribute(slices, ticket.entries, ticket.mapping?.key ?? 'sku');
    return slices.map((each, index) => ({
      ticket: { ...ticket, entries: entries[index]! },
      payload: each.items as Item[],
    }));
  }

  private meddle(items: Item[]): Item[] {
    const { random, weather } = this.world;
    let list = [...items];
    if (random.chance(weather.thin)) list = list.slice(1);
    if (random.chance(weather.foreign))
      list.unshift({ sku: 'foreign', product_id: 'foreign', selling_price: 1 }, ...list.slice(0, 1));
    // Sorting, joining and splitting change the order.
    if (random.chance(0.3)) list.reverse();
    return list;
  }

  private push(ticket: Ticket, payload: unknown[], attempt: number): void {
    void this.tryOnce(ticket, payload, attempt).catch(() => {});
  }

  private async tryOnce(ticket: Ticket, payload: unknown[], attempt: number): Promise<void> {
    const { ledger, http, targets, wiring } = this.parts;
    const { time } = this.world;
    const { failed } = await push({
      ledger,
      http,
      profile: ANSWERS,
      now: () => time.now(),
      target: targets.get(ticket.outlet),
      ticket,
      payload,
      sliced: true,
      mayHold: () => wiring.retry,
      every: (ms, run) => time.every(ms, run),
    });
    await Promise.all(failed.map((part) => this.failed(part, attempt)));
  }

  /** As the retry node does. */
  private async failed({ ticket, items, error }: FailedPart, attempt: number): Promise<void> {
    const { ledger, wiring } = this.parts;
    const { random, time } = this.world;
    if (ticket.entries.length === 0 || !wiring.retry) return;
    const { retryable, retryAfter, code, message, statusCode, reach } = error;
    const decision = decide({ retryable, retryAfter, attempt, probe: ticket.probe === true }, BACKOFF, random.next);
    if (!decision.retry) {
      if (retryable) await ledger.giveBack(ticket, { code, message, statusCode, reach, retryAfter });
      return;
    }
    const released: Promise<Released> = this.room.wait(decision.wait);
    await ledger.renew(ticket.outlet, ticket.entries, time.now() + decision.wait + 30_000).catch(() => {});
    if ((await released) === 'due') this.push(ticket, items, attempt + 1);
    else await ledger.giveBack(ticket);
  }
}
