/**
 * outlets (config): one account at a platform and its shops, a row each, and what the sidebar changed of them. Declares
 * the outlets in the ledger, and hands the push what it needs. A shop with a mistake is held; the others go on.
 */
import { ConfigError } from '../../core/errors';
import type { Ledger } from '../../core/ledger/ledger';
import type { LaidRow, OutletRow } from '../../core/settings/outlet-change';
import { offerTest } from '../../runtime/drafts';
import { jsonataCompiler } from '../../runtime/jsonata';
import { ledgerNode } from '../../runtime/ledgers';
import { onClose } from '../../runtime/on-close';
import {
  forgetOutlet,
  type Outlet,
  type OutletsNode,
  outletByKey,
  registerOutlet,
  registerOutletsNode,
} from '../../runtime/outlets';
import { numberProperty } from '../../runtime/properties';
import type { NodeDef, RED } from '../../runtime/red';
import { StatusLine } from '../../runtime/status';
import { vaultOf } from '../../runtime/vault';
import { environmentOf } from './address';
import { buildOutlet, Lines, type Settings } from './build';
import { readConfig } from './config';
import { declareOutlets, withdrawOutlets } from './declare';
import { type Credentials, deployedKey, readKeys } from './keys';
import { fingerprintOf, keyPlace, type Laid, lay, loadChanges, writeEnded } from './laid';
import { tryRow } from './try';

export = function register(red: RED): void {
  function Outlets(this: OutletsNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const node = this;
    const status = new StatusLine(red, node);
    const credentials = (node.credentials ?? {}) as Credentials;
    const environment = environmentOf(red, node);
    const ledgerId = String(def.ledger ?? '');
    let problems: string[] = [];
    let told = '';
    let outlets: Outlet[] = [];
    let rows: LaidRow[] = [];
    let laid: Laid = { rows: [], keys: new Map(), left: new Map(), ended: [] };
    let demo = false;
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
    const lines = settings && new Lines(settings);
    Object.assign(node, {
      platform: settings?.platform ?? '',
      auth: settings?.auth ?? null,
      ratePerMinute: settings?.ratePerMinute ?? 0,
    });
    if (settings) {
      build(settings);
      onClose(node, registerOutletsNode(node));
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
        problems = [(thrown as Error).message];
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

    /** Also again, when the sidebar has changed something. */
    function build(all: Settings): void {
      for (const outlet of outlets) forgetOutlet(outlet);
      laid = lay(red, node.id, all, ledgerId, vaultOf(red, false), deployed);
      problems = [];
      rows = chosen(all, laid.rows);
      outlets = rows.map((row) => buildOutlet(parts(all), row, laid.keys.get(row.store_id)));
      for (const outlet of outlets) registerOutlet(outlet, node);
      problems.push(...outlets.flatMap(({ problem }) => problem ?? []));
      show();
    }

    function parts(all: Settings) {
      return { all, credentials, environment, lines: lines!, demo };
    }

    /** What the table's key is, as one text; '' while it cannot be told. */
    function deployed(row: OutletRow): string {
      try {
        const { key, secret } = deployedKey(settings!, row, credentials, settings!.keys, environment);
        return `${key}\n${secret}`;
      } catch {
        return '';
      }
    }

    /** One outlet a shop: of two rows for one shop only one may be switched on. */
    function chosen(all: Settings, given: LaidRow[]): LaidRow[] {
      const byKey = new Map<string, LaidRow>();
      const enabledFirst = [...given].sort((a, b) => Number(b.push_enabled) - Number(a.push_enabled));
      for (const row of enabledFirst) {
        const key = `${all.platform}:${row.store_id}`;
        const elsewhere = outletByKey(key)?.definition.enabled === true;
        if (!byKey.has(key) && !elsewhere) byKey.set(key, row);
        else if (row.push_enabled)
          problems.push(twice(all, row, elsewhere ? 'in another outlets node' : 'in this table'));
      }
      return given.filter((row) => byKey.get(`${all.platform}:${row.store_id}`) === row);
    }

    async function open(): Promise<Ledger> {
      const ledger = await ledgerNode(red, ledgerId).open();
      if (closed || !settings) return ledger;
      demo = ledger.info.kind === 'demo';
      declared = { ledger, platform: settings.platform };
      await apply(settings, ledger);
      return ledger;
    }

    async function apply(all: Settings, ledger: Ledger): Promise<void> {
      await loadChanges(ledgerId, ledger);
      if (closed) return;
      build(all);
      if (laid.ended.length > 0) {
        await writeEnded(ledger, all.platform, laid);
        await loadChanges(ledgerId, ledger);
      }
      const definitions = outlets.map(({ definition }) => definition);
      await declareOutlets(ledger, all.platform, node.id, definitions);
    }

    node.reload = async () => {
      const ledger = await node.ledger();
      if (settings) await apply(settings, ledger);
    };

    node.shop = (storeId) => {
      const row = rows.find(({ store_id }) => store_id === storeId);
      if (!row) return undefined;
      const table = settings!.rows.filter((each) => each.store_id === storeId);
      const own = table.find((each) => each.push_enabled) ?? table[0];
      return {
        row,
        deployed: own ? { push_enabled: own.push_enabled, auto: own.auto } : null,
        change: laid.left.get(storeId) ?? null,
      };
    };

    node.tryKey = (storeId, key) => buildOutlet(parts(settings!), rowOf(storeId), key);

    node.sealKey = (storeId, { key, secret }) => {
      const was = fingerprintOf(deployed(rowOf(storeId)));
      return vaultOf(red, true).seal(JSON.stringify({ key, secret, was }), keyPlace(settings!.platform, storeId));
    };

    /** That of a branch that is about to be added is blank. */
    function rowOf(storeId: string): OutletRow {
      const blank = { name: storeId, push_enabled: false, auto: true, endpoint: '', keyRef: '', keyGiven: false };
      return node.shop(storeId)?.row ?? { store_id: storeId, ...blank };
    }

    function show(): void {
      if (problems.length === 0) {
        told = '';
        status.show('ready');
        return;
      }
      const variable = /environment variable (\S+) is not set/.exec(problems[0]!)?.[1];
      if (variable) status.show('unset', { name: variable });
      else status.show('config');
      const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
      const text = `${problems[0]}${more}`;
      if (text !== told) node.error(new ConfigError(text));
      told = text;
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
