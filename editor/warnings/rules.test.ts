import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../test/support/node-red';
import { Flow, type FlowNode, type Wire } from './flow';
import { warningsOf } from './rules';

type Given = Record<string, unknown> & {
  id: string;
  type: string;
  wires?: string[][];
  d?: boolean;
  inside?: boolean;
  secrets?: Record<string, boolean>;
};

/** `id key values` of each warning, as a flow file would give them. */
function warned(...given: Given[]): string[] {
  const nodes: FlowNode[] = given.map(({ id, type, wires: _, d = false, inside = false, secrets = {}, ...props }) => ({
    id,
    type: type.startsWith('~')
      ? type.slice(1)
      : /^(http|link|function|subflow)/.test(type)
        ? type
        : `shelfwire-${type}`,
    label: id,
    off: d,
    inside,
    props,
    secrets,
  }));
  const wires: Wire[] = given.flatMap(({ id, wires = [] }) =>
    wires.flatMap((targets, port) => targets.map((to) => ({ from: id, port, to }))),
  );
  return warningsOf(new Flow(nodes, wires)).map(
    ({ node, key, values }) => `${[node, key, ...Object.values(values)].join(' ')}`,
  );
}

const IN = { id: 'in', type: 'paradigm-in', path: '/hook', wires: [['verify']] };
const VERIFY = { id: 'verify', type: 'hmac-verify', wires: [['record'], []] };
const RECORD = { id: 'record', type: 'record-stock', wires: [[], []] };

describe('warnings before a deploy', () => {
  it('the bundled flow and the examples have none', () => {
    const files = [join(ROOT, 'flows/flows.json'), ...globSync(join(ROOT, 'examples/*.json'))];
    assert.ok(files.length > 10);
    for (const file of files) {
      const entries = JSON.parse(readFileSync(file, 'utf8')) as Given[];
      const found = warned(...entries.map((entry) => ({ ...entry, type: `~${entry.type}` })));
      assert.deepEqual(found, [], file);
    }
  });

  it('two switched-on outlets of one shop and platform, in whatever node', () => {
    const row = (store_id: string, push_enabled = true) => ({ store_id, push_enabled });
    const outlets = (id: string, platform: string, ...rows: object[]) => ({ id, type: 'outlets', platform, rows });
    assert.deepEqual(warned(outlets('a', 'pasons', row('1')), outlets('b', '', row('1'), row('2'))), [
      'a outletsTwice 1 pasons b',
      'b outletsTwice 1 pasons a',
    ]);
    assert.deepEqual(warned(outlets('a', 'pasons', row('1')), outlets('b', 'other', row('1'))), []);
    assert.deepEqual(warned(outlets('a', 'pasons', row('1')), outlets('b', 'pasons', row('1', false))), []);
    assert.deepEqual(warned(outlets('a', 'pasons', row('1')), { ...outlets('b', 'pasons', row('1')), d: true }), []);
  });

  it('a switched-on shop that no changed stock of its account carries', () => {
    const rows = ['1', '2', '3'].map((store_id) => ({ store_id, push_enabled: store_id !== '3' }));
    const account = { id: 'a', type: 'outlets', rows };
    const push = { id: 'push', type: 'pasons-push', wires: [[], []] };
    const changed = (id: string, ...stores: string[]) => ({
      id,
      type: 'changed-stock',
      outlets: 'a',
      stores,
      wires: [['push']],
    });
    assert.deepEqual(warned(account, push, changed('c', '1')), ['c notCarried 2 a']);
    assert.deepEqual(warned(account, push, changed('c', '1'), changed('d', '2')), []);
    assert.deepEqual(warned(account, push, changed('c')), []);
    assert.deepEqual(warned(account, push, changed('c', '1'), { ...changed('d'), d: true }), ['c notCarried 2 a']);
    assert.deepEqual(warned(account), [], 'an account for lists of the operator’s own');
  });

  it('a mapping that leaves out what the outlet is to get', () => {
    const map = (fields: object[], preset = 'custom') =>
      warned(
        { id: 'outlets', type: 'outlets', fields: ['selling_price', 'stock_status'], rows: [] },
        { id: 'changed', type: 'changed-stock', outlets: 'outlets', wires: [['map']] },
        { id: 'map', type: 'field-mapper', fields, preset, wires: [['push'], []] },
        { id: 'push', type: 'pasons-push', wires: [[], []] },
      );
    const key = { from: 'sku', to: 'id' };
    assert.deepEqual(map([key]), ['map mapperNothing selling_price, stock_status']);
    assert.deepEqual(map([key, { from: 'selling_price', to: 'price' }]), ['map mapperLacks stock_status']);
    assert.deepEqual(map([key, { from: 'selling_price', to: 'p' }, { from: 'enabled', to: 'e' }]), []);
    assert.deepEqual(map([key, { to: 'x', expression: 'selling_price & stock_status' }]), []);
    assert.deepEqual(map([]), []);
    assert.deepEqual(map([], 'pasons-example'), []);
    assert.deepEqual(warned({ id: 'map', type: 'field-mapper', fields: [key] }), [], 'nobody says what is wanted');
  });

  it('a path used twice, also in another letter case, with a slash or another name of a parameter', () => {
    const catalogue = { id: 'c', type: 'catalogue-in', wires: [['record']] };
    const twice = (a: string, b: string) =>
      warned({ ...IN, path: a, wires: [['record']], unsigned: 'allow' }, { ...catalogue, path: b }, RECORD);
    assert.deepEqual(twice('/hook', '/Hook/'), ['in pathTwice c', 'c pathTwice in']);
    assert.deepEqual(twice('/a/:store_id', '/a/:shop'), ['in pathTwice c', 'c pathTwice in']);
    assert.deepEqual(twice('/a/:store_id', '/a/b'), []);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable in a path
    assert.deepEqual(twice('/${HOOK}', '/${HOOK}'), ['in pathTwice c', 'c pathTwice in']);
    const core = { id: 'core', type: 'http in', url: '/hook', method: 'post' };
    assert.deepEqual(warned(IN, VERIFY, RECORD, core), ['in pathOfHttpIn core']);
    assert.deepEqual(warned(IN, VERIFY, RECORD, { ...core, method: 'get' }), []);
    const ledger = (id: string) => ({ id, type: 'ledger', healthPath: '/health' });
    assert.deepEqual(warned(ledger('a'), ledger('b')), [], 'ledgers answer the same');
    assert.deepEqual(warned(ledger('a'), { ...core, url: 'health', method: 'get' }), ['a pathOfHttpIn core']);
  });

  it('changed stock without a push behind it', () => {
    const changed = { id: 'changed', type: 'changed-stock', wires: [['next']] };
    const push = { id: 'push', type: 'pasons-push', wires: [[], []] };
    assert.deepEqual(warned(changed, { id: 'next', type: 'function', wires: [['push']] }, push), []);
    assert.deepEqual(warned(changed, { id: 'next', type: 'function', wires: [[]] }, push), ['changed nothingPushes']);
    assert.deepEqual(warned({ ...changed, wires: [['push']] }, { ...push, d: true }), ['changed nothingPushes']);
    assert.deepEqual(warned(changed, { id: 'next', type: 'subflow:x' }), [], 'what a subflow does is not seen');
    assert.deepEqual(warned({ ...changed, inside: true }), []);
    assert.deepEqual(warned({ ...changed, d: true }), []);
    assert.deepEqual(warned(changed, { id: 'next', type: 'link out', mode: 'return' }), []);
  });

  it('a receiver without record stock behind it, or behind the wrong output', () => {
    assert.deepEqual(warned(IN, VERIFY, RECORD), []);
    assert.deepEqual(warned(IN, VERIFY), ['in nothingRecords 20']);
    assert.deepEqual(warned({ ...IN, wait: 5 }, { ...VERIFY, wires: [[], ['record']] }, RECORD), [
      'in nothingRecords 5',
    ]);
    assert.deepEqual(warned(IN, { ...VERIFY, wires: [['answer'], []] }, { id: 'answer', type: 'http response' }), []);
    const scanner = { id: 's', type: 'scanner-in', wires: [['record']] };
    assert.deepEqual(warned(scanner, RECORD), []);
    assert.deepEqual(warned(scanner), ['s nothingRecordsScans 20']);
    assert.deepEqual(warned({ id: 'p', type: 'paradigm-sync' }), ['p nothingRecordsSync 20']);
  });

  it('a receiver whose sender nobody proves', () => {
    const bare = { ...IN, wires: [['record']] };
    assert.deepEqual(warned(bare, RECORD), ['in nobodyVerifies']);
    assert.deepEqual(warned({ ...bare, unsigned: 'allow' }, RECORD), []);
    const feed = { id: 'c', type: 'catalogue-in', path: '/c/:store_id', wires: [['record']] };
    assert.deepEqual(warned({ ...feed, secrets: { token: true } }, RECORD), []);
    assert.deepEqual(warned({ ...feed, secrets: { token: false } }, RECORD), ['c nobodyVerifies']);
    assert.deepEqual(warned(feed, RECORD), [], 'not known yet');
  });

  it('hmac verify without a secret', () => {
    assert.deepEqual(warned({ ...VERIFY, secrets: { secret: false } }), ['verify secretless']);
    assert.deepEqual(warned({ ...VERIFY, secrets: { secret: true } }), []);
    assert.deepEqual(warned(VERIFY), [], 'not known yet');
  });

  it('a retry whose loop does not come back; a failed output that is not wired is fine', () => {
    const retry = { id: 'retry', type: 'retry', wires: [['push'], []] };
    const push = (...failed: string[]) => ({ id: 'push', type: 'pasons-push', wires: [[], failed] });
    assert.deepEqual(warned(retry, push('retry')), []);
    assert.deepEqual(warned(retry, push()), ['retry loopless']);
    assert.deepEqual(warned(retry, push('other'), { id: 'other', type: 'function', wires: [['retry']] }), []);
    assert.deepEqual(
      warned({ ...retry, wires: [[], ['push']] }, push('retry')),
      ['retry loopless'],
      'the wrong output',
    );
    assert.deepEqual(warned(push()), []);
  });
});
