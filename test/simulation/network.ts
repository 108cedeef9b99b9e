/** Answers, and the ways of getting none. One for each request, since it knows how long that took. */
import type { HttpFault, HttpResult } from '../../core/pushing/http';
import type { World } from './world';

export class Network {
  private readonly world: World;
  private readonly start: number;
  private readonly timeout: number;

  constructor(world: World, timeout: number) {
    this.world = world;
    this.timeout = timeout;
    this.start = world.time.steady;
  }

  took(): number {
    return this.world.time.steady - this.start;
  }

  /** How long ago it was sent, in timeouts. */
  age(): number {
    return this.took() / this.timeout;
  }

  none(fault: HttpFault, sent: boolean): HttpResult {
    return { answered: false, sent, fault, detail: fault, statusCode: null, duration_ms: this.took() };
  }

  answer(statusCode: number, value: unknown, headers: Record<string, string> = {}): HttpResult {
    const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    return { answered: true, statusCode, statusText: '', headers, body, duration_ms: this.took() };
  }

  /** Nothing was applied. */
  early(): HttpResult | null {
    const { random } = this.world;
    if (random.chance(0.1)) return this.none('connection_refused', false);
    if (random.chance(0.1)) return this.answer(random.pick([500, 503]), { message: 'busy' });
    if (random.chance(0.1)) return this.answer(429, { message: 'slow down' }, { 'retry-after': '3' });
    if (random.chance(0.05)) return this.answer(200, '<html>maintenance</html>');
    return null;
  }

  /** It was applied, and the answer says otherwise. */
  late(): HttpResult | null {
    const { random } = this.world;
    if (random.chance(0.05)) return this.answer(500, { message: 'applied, and then an error' });
    if (random.chance(0.03)) return this.answer(200, '<html>applied, and then a page</html>');
    return null;
  }
}
