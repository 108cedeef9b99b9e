/** Watches what reaches the platform: nothing older after something newer, and a key says always the same. */
import { createHash } from 'node:crypto';
import { parseExact, scalarText } from '../../simulators/exact-json';
import type { PlatformRequest } from '../../simulators/pasons';

/** Fields that only ever grow with their source time in the soak's shops. */
const GROWING = ['selling_price', 'quantity'];

export class Witness {
  readonly problems: string[] = [];
  /** Requests that were sent once more, wholly the same. */
  repeats = 0;
  items = 0;
  private readonly most = new Map<string, number>();
  private readonly bodies = new Map<string, string>();

  /** @param request wholly read, whatever is answered */
  see({ store, body, headers }: PlatformRequest): void {
    const key = `${store} ${headers['idempotency-key']}`;
    const hash = createHash('sha256').update(body).digest('base64');
    const before = this.bodies.get(key);
    if (headers['idempotency-key'] === undefined) this.problems.push('a request without Idempotency-Key');
    if (before !== undefined && before !== hash) this.problems.push(`${key} came again with another body`);
    this.bodies.set(key, hash);
    if (before === hash) this.repeats += 1;
    for (const item of parseExact(body) as Record<string, unknown>[]) {
      this.items += 1;
      for (const field of GROWING)
        this.compare(`${store} ${scalarText(item.sku)} ${field}`, item[field], before === hash);
    }
  }

  private compare(name: string, value: unknown, repeated: boolean): void {
    const number = Number(scalarText(value));
    const most = this.most.get(name) ?? number;
    if (number < most && !repeated) this.problems.push(`${name}: ${number} after ${most}`);
    this.most.set(name, Math.max(most, number));
  }
}
