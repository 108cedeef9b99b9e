/** All platforms of a run, by address; an outlet may move from one address to another. */

import type { OutletDefinition } from '../../core/ledger/ledger';
import type { HttpClient } from '../../core/pushing/http';
import type { Oracle, Shown } from './oracle';
import { GOOD_MANNERS, type Manners, Site } from './platform';
import type { World } from './world';

const SITES = ['a', 'b'];

export function addressOf(outlet: string, site: string): string {
  return `http://127.0.0.1:9/${outlet}/${site}`;
}

export class Sites {
  private readonly sites = new Map<string, Site>();
  private readonly oracle: Oracle;
  private readonly manners: Manners;

  constructor(world: World, oracle: Oracle, definitions: OutletDefinition[], manners: Manners = GOOD_MANNERS) {
    this.oracle = oracle;
    this.manners = manners;
    for (const { outlet } of definitions)
      for (const site of SITES) this.sites.set(addressOf(outlet, site), new Site(world, oracle, outlet, manners));
  }

  readonly http: HttpClient = (request) => this.of(request.url).http(request);

  of(address: string): Site {
    return this.sites.get(address)!;
  }

  all(): Site[] {
    return [...this.sites.values()];
  }

  /** Whether what is assumed of platforms holds: else what they show may be old until the next full push. */
  get reliable(): boolean {
    return this.manners === GOOD_MANNERS;
  }

  /** What the platform behind the outlet's present address, as the ledger knows it, shows. */
  shown(outlet: string, sku: string): Shown | undefined {
    const { endpoint } = this.oracle.definitions.get(outlet)!;
    return endpoint === null ? undefined : this.of(endpoint).items.get(sku)?.shown;
  }

  /** Whether a platform of the outlet ever had a reason to refuse it. */
  mayBeRefused(outlet: string, sku: string): boolean {
    return SITES.map((site) => this.of(addressOf(outlet, site))).some(
      ({ everDisliked, everRefusedForms }) => everRefusedForms || everDisliked.has(sku),
    );
  }

  get requests(): number {
    return this.all().reduce((sum, { requests }) => sum + requests, 0);
  }
}
