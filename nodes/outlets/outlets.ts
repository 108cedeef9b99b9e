/**
 * outlets (config): one account at a platform and its shops, a row each. Resolves addresses and keys, declares the
 * outlets in the ledger, and hands the push what it needs. A shop with a mistake is held; the others go on.
 */
import { ConfigError } from '../../core/errors';
import type { Ledger, OutletDefinition } from '../../core/ledger/ledger';
import { isLoopbackUrl } from '../../core/pushing/addresses';
import { redactor } from '../../core/pushing/redact';
import { RateLimit, Semaphore } from '../../core/pushing/slots';
import { offerTest } from '../../runtime/drafts';
import { withoutSecrets } from '../../runtime/env';
import { jsonataCompiler } from '../../runtime/jsonata';
import { ledgerNode } from '../../runtime/ledgers';
import { onClose } from '../../runtime/on-close';
import { forgetOutlet, type Outlet, type OutletsNode, outletByKey, registerOutlet } from '../../runtime/outlets';
import { numberProperty } from '../../runtime/properties';
import type { NodeDef, RED } from '../../runtime/red';
import { StatusLine } from '../../runtime/status';
import { endpointOf, environmentOf, queryOf } from './address';
import { type OutletRow, type OutletsConfig, readConfig } from './config';
import { declareOutlets, withdrawOutlets } from './declare';
import { type Credentials, readKeys, type Signing, signingOf } from './keys';
import { tryRow } from './try';

interface Settings extends OutletsConfig {
  /** Milliseconds. */
  timeout: number;
  concurrency: number;
  ratePerMinute: number;
  keys: Map<string, string>;
  succeeds: Outlet['succeeds'];
}

type Built = { -readonly [K in keyof Outlet]: Outlet[K] };

export = function register(red: RED): void {
  function Outlets(this: OutletsNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const node = this;
    const status = new StatusLine(red, node);
    const credentials = (node.credentials ?? {}) as Credentials;
    const environment = environmentOf(red, node);
    const problems: string[] = [];
    let outlets: Built[] = [];
    let declared: { ledger: Ledger; platform: string } | null = null;
    let opening: Promise<Ledger> | null = null;
    let closed = false;

    node.list = () => outlets;
    node.ledger = () => {
      opening ??= open().catch((thrown: unknown) => {
        opening = null;
        throw thrown;
      });
      return opening;
    };

    const settings = read();
    if (settings) {
      outlets = build(settings);
      for (const outlet of outlets) registerOutlet(outlet);
      problems.push(...outlets.flatMap(({ problem }) => problem ?? []));
      show();
      // What is wrong with the ledger shows there and at whoever asks.
      node.ledger().catch(() => undefined);
    }

    function read(): Settings | null {
      try {
        const config = readConfig(def, storedDef());
        const compiled = config.answer === '' ? null : compileAnswer(config.answer);
        return {
          ...config,
          timeout: numberProperty(def, 'timeout', { default: 30, min: 0.1, max: 600 }) * 1000,
          concurrency: numberProperty(def, 'concurrency', { default: 2, min: 1, max: 50, integer: true }),
          ratePerMinute: numberProperty(def, 'ratePerMinute', { default: 0, min: 0, max: 100_000, integer: true }),
          keys: readKeys(credentials.keys),
          succeeds: async (body) => (compiled ? (await compiled(body as Record<string, unknown>)) === true : undefined),
        };
      } catch (thrown) {
        problems.push((thrown as Error).message);
        show();
        return null;
      }
    }

    /** As stored: in `def` Node-RED has replaced properties that are one variable, also where they are secrets. */
    function storedDef(): NodeDef {
      let stored = def;
      red.nodes.eachNode((each) => {
        if (each.id === node.id) stored = each;
      });
      return stored;
    }

    function compileAnswer(expression: string) {
      try {
        return jsonataCompiler(red, node)(expression);
      } catch (thrown) {
        throw new ConfigError(`"Counts as success" is not valid JSONata: ${String((thrown as Error).message)}`);
      }
    }

    /** One outlet a shop: of two rows for one shop only one may be switched on. */
    function build(all: Settings): Built[] {
      const rate = new RateLimit(all.ratePerMinute);
      const byKey = new Map<string, OutletRow>();
      const enabledFirst = [...all.rows].sort((a, b) => Number(b.push_enabled) - Number(a.push_enabled));
      for (const row of enabledFirst) {
        const key = `${all.platform}:${row.store_id}`;
        const elsewhere = outletByKey(key)?.definition.enabled === true;
        if (!byKey.has(key) && !elsewhere) byKey.set(key, row);
        else if (row.push_enabled)
          problems.push(twice(all, row, elsewhere ? 'in another outlets node' : 'in this table'));
      }
      return all.rows
        .filter((row) => byKey.get(`${all.platform}:${row.store_id}`) === row)
        .map((row) => buildOutlet(all, row, `${all.platform}:${row.store_id}`, rate));
    }

    function buildOutlet(all: Settings, row: OutletRow, key: string, rate: RateLimit): Built {
      let signing: Signing = { headers: () => ({}), secrets: () => [] };
      let endpoint: string | null = null;
      let problem: string | null = null;
      try {
        endpoint = endpointOf(all, row, environment);
        signing = signingOf(all, row, credentials, all.keys, environment);
      } catch (thrown) {
        endpoint = null;
        problem = `Shop ${withoutSecrets(row.name)} (${row.store_id}) is held, nothing is lost: ${(thrown as Error).message}`;
      }
      const definition: OutletDefinition = {
        outlet: key,
        platform: all.platform,
        store_id: row.store_id,
        name: redactor(signing.secrets())(withoutSecrets(row.name)),
        enabled: row.push_enabled,
        fields: all.fields,
        threshold: all.threshold,
        endpoint,
        concurrency: all.concurrency,
        timeout: all.timeout,
      };
      const places = new Semaphore(all.concurrency);
      return {
        definition,
        auto: row.auto,
        method: all.method,
        answer: all.answer,
        problem: row.push_enabled ? problem : null,
        succeeds: all.succeeds,
        headers: signing.headers,
        secrets: () => [...signing.secrets(), ...queryOf(endpoint)],
        async slot(signal, urgent) {
          const release = await places.acquire(signal, urgent);
          try {
            await rate.acquire(signal);
          } catch (thrown) {
            release();
            throw thrown;
          }
          return release;
        },
      };
    }

    async function open(): Promise<Ledger> {
      const ledger = await ledgerNode(red, def.ledger as string | undefined).open();
      if (closed || !settings) return ledger;
      if (ledger.info.kind === 'demo') holdRealShops();
      const { platform } = settings;
      declared = { ledger, platform };
      const definitions = outlets.map(({ definition }) => definition);
      await declareOutlets(ledger, platform, node.id, definitions);
      return ledger;
    }

    /** Simulated numbers never reach a real shop. */
    function holdRealShops(): void {
      const real = outlets.filter(({ definition: { endpoint } }) => endpoint !== null && !isLoopbackUrl(endpoint));
      for (const outlet of real) {
        outlet.definition = { ...outlet.definition, endpoint: null };
        outlet.problem = `Shop ${outlet.definition.name} is held: the ledger holds simulated numbers, which are only sent to this machine. Use a live ledger for real shops.`;
      }
      if (real.length === 0) return;
      problems.splice(0, problems.length, ...outlets.flatMap(({ problem }) => problem ?? []));
      show();
    }

    function show(): void {
      if (problems.length === 0) {
        status.show('ready');
        return;
      }
      const variable = /environment variable (\S+) is not set/.exec(problems[0]!)?.[1];
      if (variable) status.show('unset', { name: variable });
      else status.show('config');
      const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
      node.error(new ConfigError(`${problems[0]}${more}`));
    }

    onClose(node, () => {
      closed = true;
      for (const outlet of outlets) forgetOutlet(outlet);
      if (declared) withdrawOutlets(declared.ledger, declared.platform, node.id);
    });
  }
  offerTest(red, 'shelfwire-outlets', tryRow(red));
  red.nodes.registerType('shelfwire-outlets', Outlets, {
    credentials: { api_key: { type: 'password' }, api_secret: { type: 'password' }, keys: { type: 'password' } },
  });
};

function twice({ platform }: Settings, row: OutletRow, where: string): string {
  return `Shop ${row.store_id} sells on ${platform} already (${where}), so this row is left out: two rows would overwrite each other. Switch one of them off.`;
}
