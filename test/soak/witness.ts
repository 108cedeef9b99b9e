/**
 * Watches what reaches the platform: nothing older after something newer, a key says always the same, and after a request
 * without an answer its items come in that very request only, until it is answered or counts as dead.
 */
import { createHash } from 'node:crypto';
import { parseExact, scalarText } from '../../simulators/exact-json';
import type { PlatformRequest } from '../../simulators/pasons';

/** Fields that only ever grow with their source time in the soak's shops. */
const GROWING = ['selling_price', 'quantity'];
/** Between the moment when the sender notes the time and the one when we do. */
const MARGIN_MS = 500;

interface Open {
  at: number;
  items: string[];
  repeated: boolean;
}

export class Witness {
  readonly problems: string[] = [];
  /** Requests that were sent once more, wholly the same. */
  repeats = 0;
  private readonly most = new Map<string, number>();
  private readonly bodies = new Map<string, string>();
  /** Requests without an answer, by key; and whose request an item waits for. */
  private readonly open = new Map<string, Open>();
  private readonly waitsFor = new Map<string, string>();
  private readonly deadAfter: number;

  /** @param timeout of a request, in milliseconds */
  constructor(timeout: number) {
    this.deadAfter = 2 * timeout - MARGIN_MS;
  }

  /** @param request wholly read, whatever is answered */
  read({ store, body, headers, at }: PlatformRequest): void {
    const key = `${store} ${headers['idempotency-key']}`;
    const hash = createHash('sha256').update(body).digest('base64');
    const before = this.bodies.get(key);
    if (headers['idempotency-key'] === undefined) this.problems.push('a request without Idempotency-Key');
    if (before !== undefined && before !== hash) this.problems.push(`${key} came again with another body`);
    this.bodies.set(key, hash);
    if (before === hash) this.repeats += 1;
    const items = parseExact(body) as Record<string, unknown>[];
    const names = items.map((item) => `${store} ${scalarText(item.sku)}`);
    for (const name of names) this.waited(name, key, at);
    for (const [index, item] of items.entries())
      for (const field of GROWING) this.compare(`${names[index]} ${field}`, item[field], before === hash);
    const known = this.open.get(key);
    if (known) known.repeated = true;
    else this.open.set(key, { at, items: names, repeated: false });
    for (const name of names) this.waitsFor.set(name, key);
  }

  /** The answer has left. What is not good says nothing about the first of several. */
  answered({ store, headers, status }: PlatformRequest): void {
    const key = `${store} ${headers['idempotency-key']}`;
    const open = this.open.get(key);
    if (!open || (open.repeated && !(status! < 300))) return;
    this.open.delete(key);
    for (const name of open.items) if (this.waitsFor.get(name) === key) this.waitsFor.delete(name);
  }

  private waited(name: string, key: string, now: number): void {
    const other = this.waitsFor.get(name);
    const open = other === undefined || other === key ? undefined : this.open.get(other);
    if (open && now - open.at < this.deadAfter)
      this.problems.push(`${name} came anew ${now - open.at} ms after a request that was not answered`);
  }

  private compare(name: string, value: unknown, repeated: boolean): void {
    const number = Number(scalarText(value));
    const most = this.most.get(name) ?? number;
    if (number < most && !repeated) this.problems.push(`${name}: ${number} after ${most}`);
    this.most.set(name, Math.max(most, number));
  }
}
