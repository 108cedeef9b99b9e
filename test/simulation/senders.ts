/**
 * Tills, scanners and feeds: they tell what happens, singly and in lists, by SKU and by barcode, with clocks that are
 * wrong and ids that are used twice. What they send is lost, doubled, late and out of order; who hears nothing sends again.
 */
import type { Ledger } from '../../core/ledger/ledger';
import { FAR_FUTURE } from './oracle';
import { eventOf, type Told } from './told';
import type { World } from './world';

export const STORES = ['1', '2'];
const SKUS = 5;
const AGAIN_MS = 4_000;

interface Message {
  sender: string;
  events: Told[];
  lookUp: boolean;
}

export class Senders {
  /** Messages without an answer so far. */
  unanswered = 0;
  sent = 0;
  private readonly world: World;
  private readonly ledger: () => Ledger | null;
  /** Whether the history is forgotten in this run: then an id that is used again, or a level of the same time, is new. */
  private readonly forgetful: boolean;
  /** How far behind a message may be. */
  private latest: number;
  private at: number;
  private readonly earlier: Message[] = [];

  constructor(world: World, ledger: () => Ledger | null, options: { forgetful: boolean; storm: number }) {
    this.world = world;
    this.ledger = ledger;
    this.forgetful = options.forgetful;
    this.latest = options.storm;
    this.at = world.time.steady - 3_600_000;
  }

  /** Something happens in a shop. */
  happen(): void {
    const { random } = this.world;
    this.at += 1 + random.int(0, 400);
    const told = this.something();
    if (told.length === 0) return;
    const lookUp = told.some(({ byBarcode }) => byBarcode);
    const sender = lookUp ? 'scanner' : random.pick(['till', 'feed']);
    // Those of one time come apart, to arrive in any order.
    if (told.length > 1 || random.chance(0.8)) for (const each of told) this.tell({ sender, events: [each], lookUp });
    else
      this.tell({
        sender,
        events: [...told, ...this.something().filter((each) => each.byBarcode === undefined)],
        lookUp,
      });
  }

  /** A fresh price and count of every item of every shop. */
  everything(): void {
    this.at += 1_000;
    this.latest = 3_000;
    for (const store of STORES)
      for (let n = 1; n <= SKUS; n++) {
        const { random } = this.world;
        const told = {
          id: this.id(),
          store,
          sku: `S${n}`,
          at: this.at,
          level: random.int(500, 900),
          price: random.int(10_000, 19_999),
        };
        this.tell({ sender: 'feed', events: [told], lookUp: false });
      }
  }

  private something(): Told[] {
    const { random } = this.world;
    const level = () => (random.chance(0.3) ? 0 : random.int(1, 400));
    const price = () => random.int(1, 9_999);
    const base = { id: this.id(), store: random.pick(STORES), sku: `S${random.int(1, SKUS)}`, at: this.at };
    const kind = random.next();
    if (kind < 0.22) return [{ ...base, level: level() }];
    if (kind < 0.44) return [{ ...base, change: random.int(1, 30) * random.pick([-1, -1, 1]) }];
    if (kind < 0.62) return [{ ...base, price: price() }];
    if (kind < 0.68) return [{ ...base, status: random.pick([0, 1] as const) }];
    if (kind < 0.74) return [{ ...base, level: level(), price: price(), links: random.chance(0.5) }];
    if (kind < 0.8) return [{ ...base, store: '*', price: price() }];
    if (kind < 0.86) return [{ ...base, level: level(), byBarcode: true }];
    if (kind < 0.9) return [{ ...base, level: level(), at: FAR_FUTURE + this.at }];
    if (this.forgetful) return [{ ...base, price: price() }];
    if (kind < 0.95) return this.chain(base);
    return this.conflict();
  }

  /** Several sales in one second: each says what the count was before. */
  private chain(base: Told): Told[] {
    const { random } = this.world;
    let before = random.int(100, 200);
    return Array.from({ length: random.int(2, 3) }, () => {
      const told = { ...base, id: this.id(), oldLevel: before, level: before - random.int(1, 30) };
      before = told.level;
      return told;
    });
  }

  /** An id that was used before, for something else. */
  private conflict(): Told[] {
    const { random } = this.world;
    if (this.earlier.length === 0) return [];
    const { sender, events, lookUp } = random.pick(this.earlier);
    if (events.length === 1)
      this.tell({ sender, events: [{ ...events[0]!, at: this.at, price: random.int(1, 9_999) }], lookUp });
    return [];
  }

  private id(): string {
    this.sent += 1;
    return `e${this.sent}`;
  }

  private tell(message: Message): void {
    const { random } = this.world;
    const told = message.events.map((each) =>
      Object.fromEntries(Object.entries(each).filter(([, v]) => v !== undefined && v !== false)),
    );
    const clean = { ...message, events: told as unknown as Told[] };
    this.earlier.push(clean);
    const copies = random.chance(0.15) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.unanswered += 1;
      this.deliver(clean, random.int(0, random.chance(0.05) ? this.latest : 3_000));
    }
  }

  private deliver(message: Message, wait: number): void {
    const { random, time, weather } = this.world;
    time.after(wait, () => {
      let open = true;
      time.after(AGAIN_MS, () => {
        if (open) this.deliver(message, random.int(0, 2_000));
        open = false;
      });
      const ledger = this.ledger();
      if (!ledger || random.chance(weather.lost)) return;
      const { sender, events, lookUp } = message;
      const raw = { bytes: Buffer.from(sender) };
      ledger.record({ sender, events: events.map(eventOf), codes: lookUp ? 'look-up' : 'as-is', raw }).then(
        () => {
          // The answer may be lost on its way, too.
          if (!open || random.chance(weather.lost)) return;
          open = false;
          this.unanswered -= 1;
        },
        () => {},
      );
    });
  }
}
