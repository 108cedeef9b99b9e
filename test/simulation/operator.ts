/** People and their settings: they pause, try again, change outlets and flows, send lists of their own, link codes, forget history. */
import type { Ledger, OutletDefinition } from '../../core/ledger/ledger';
import { CONDITIONS } from './platform';
import type { Process } from './process';
import { addressOf, type Sites } from './sites';
import { barcodeOf } from './told';
import type { World } from './world';

const DAY_MS = 86_400_000;
const FIELDS: OutletDefinition['fields'][] = [
  ['selling_price', 'stock_status'],
  ['selling_price', 'stock_status', 'quantity'],
  ['quantity'],
  ['stock_status'],
];

export function outletsOf(random: World['random']): OutletDefinition[] {
  return [
    ['pasons', '1'],
    ['pasons', '2'],
    ['bazaar', '1'],
  ].map(([platform, store_id]) => ({
    outlet: `${platform}:${store_id}`,
    platform: platform!,
    store_id: store_id!,
    name: `Shop ${store_id}`,
    enabled: true,
    fields: random.pick(FIELDS),
    threshold: String(random.pick([0, 0, 5])),
    endpoint: addressOf(`${platform}:${store_id}`, 'a'),
    concurrency: 2,
    timeout: random.pick([2_000, 5_000]),
  }));
}

export class Operator {
  /** Something was done or happened that only people can undo: paused, refused, taken out by the flow. */
  needed = false;
  private readonly world: World;
  private readonly process: Process;
  private readonly sites: Sites;
  private readonly forgetful: boolean;

  constructor(world: World, process: Process, sites: Sites, forgetful: boolean) {
    this.world = world;
    this.process = process;
    this.sites = sites;
    this.forgetful = forgetful;
  }

  /** What may happen in a step. */
  act(): void {
    const { random, time } = this.world;
    const outlet = random.pick(this.process.deployed.definitions);
    const acts: [chance: number, act: () => void][] = [
      [0.06, () => this.changeWeather()],
      [0.03, () => this.dislike(outlet)],
      [0.03, () => (time.skew += random.int(-600_000, 600_000))],
      [0.01, () => this.process.crash()],
      [0.02, () => this.pause(outlet.outlet)],
      [0.02, () => this.change(outlet)],
      [
        0.015,
        () =>
          this.ask((ledger) =>
            ledger.startPush({
              outlet: outlet.outlet,
              type: random.pick(['full', 'partial']),
              trigger: 'api',
              created_by: 'api',
            }),
          ),
      ],
      [0.02, () => this.ask((ledger) => this.tryAgain(ledger, outlet.outlet))],
      [0.015, () => this.ask((ledger) => this.sendList(ledger, outlet))],
      [0.03, () => this.ask((ledger) => this.link(ledger))],
      [0.03, () => this.ask((ledger) => this.replay(ledger))],
      [this.forgetful ? 0.15 : 0, () => this.ask((ledger) => ledger.prune(random.int(5, 30_000) / DAY_MS))],
    ];
    for (const [chance, act] of acts) if (random.chance(chance)) time.after(random.int(0, 500), act);
  }

  /** What only people can do to let everything go on. */
  release(): void {
    for (const { outlet } of this.process.deployed.definitions)
      this.ask(async (ledger) => {
        await ledger.setPaused(outlet, false, 'user:sim');
        await ledger.retryItems(outlet, {});
      });
  }

  /** A full push of every outlet, as there is one each night. */
  pushEverything(): void {
    for (const { outlet } of this.process.deployed.definitions)
      this.ask((ledger) => ledger.startPush({ outlet, type: 'full', trigger: 'schedule', created_by: 'schedule' }));
  }

  /** Every outlet on, with an address. */
  switchOn(): void {
    for (const definition of this.process.deployed.definitions)
      Object.assign(definition, { enabled: true, endpoint: definition.endpoint ?? addressOf(definition.outlet, 'a') });
    this.process.redeploy();
  }

  private ask(work: (ledger: Ledger) => Promise<unknown>): void {
    const { ledger } = this.process;
    // What cannot be done now is not done; an outlet may be switched off.
    if (ledger) work(ledger).catch(() => {});
  }

  private changeWeather(): void {
    const { random } = this.world;
    const site = random.pick(this.sites.all());
    site.become(random.pick(CONDITIONS));
    if (site.condition === 'form_refused') this.needed = true;
  }

  private dislike({ outlet, endpoint }: OutletDefinition): void {
    const { random } = this.world;
    const site = this.sites.of(endpoint ?? addressOf(outlet, 'a'));
    if (random.chance(0.4)) {
      site.disliked.clear();
      return;
    }
    this.needed = true;
    site.dislike(`S${random.int(1, 5)}`);
  }

  private pause(outlet: string): void {
    this.needed = true;
    const paused = this.world.random.chance(0.5);
    this.ask((ledger) => ledger.setPaused(outlet, paused, 'user:sim'));
  }

  private change(definition: OutletDefinition): void {
    const { random } = this.world;
    const { deployed } = this.process;
    const { outlet } = definition;
    const kind = random.int(0, 5);
    if (kind === 0) definition.endpoint = random.chance(0.2) ? null : addressOf(outlet, random.pick(['a', 'b']));
    else if (kind === 1) definition.threshold = String(random.pick([0, 5, 50]));
    else if (kind === 2) definition.fields = random.pick(FIELDS);
    else if (kind === 3) definition.enabled = !definition.enabled;
    else if (kind === 4) definition.timeout = random.pick([2_000, 5_000]);
    else
      Object.assign(deployed.wiring, {
        mapped: random.chance(0.5),
        retry: random.chance(0.8),
        chunker: random.chance(0.7),
      });
    if (random.chance(0.3)) this.process.crash();
    else this.process.redeploy();
  }

  private async tryAgain(ledger: Ledger, outlet: string): Promise<void> {
    const { random } = this.world;
    const { pushes } = await ledger.pushes({ outlet, limit: 3 });
    const filter = random.pick([
      {},
      { skus: ['S1', 'S2'] },
      { code: 'disliked' },
      ...pushes.map(({ id }) => ({ push: id })),
    ]);
    await ledger.retryItems(outlet, filter);
  }

  /** A list of their own, made by hand: other values than the ledger's, which follow afterwards. */
  private async sendList(ledger: Ledger, { outlet, fields }: OutletDefinition): Promise<void> {
    const { random } = this.world;
    const skus = [`S${random.int(1, 5)}`, `S${random.int(1, 5)}`].filter(
      (sku, index, all) => all.indexOf(sku) === index,
    );
    const { ticket, busy } = await ledger.claim(outlet, skus);
    if (busy.length > 0) {
      await ledger.giveBack(ticket);
      return;
    }
    const values = { selling_price: 77_777, stock_status: 1, quantity: 77_777 };
    const own = Object.fromEntries(fields.map((field) => [field, values[field]]));
    this.process.flow?.sendList(
      ticket,
      skus.map((sku) => ({ sku, own: true, ...own })),
    );
  }

  private async link(ledger: Ledger): Promise<void> {
    const sku = `S${this.world.random.int(1, 5)}`;
    await ledger.link([{ source: 'barcode', code: barcodeOf(sku), sku }]);
  }

  private async replay(ledger: Ledger): Promise<void> {
    const { rows } = await ledger.refused({ limit: 5 });
    if (rows.length > 0) await ledger.replay(this.world.random.pick(rows).id);
  }
}
