import assert from 'node:assert/strict';
import { layOver, type OutletChange, type OutletRow } from './outlet-change';
import { Vault } from './vault';

describe('settings: the vault', () => {
  it('opens what it sealed, for that only, unchanged only, with a secret that was used before', () => {
    const vault = new Vault(['one']);
    const sealed = vault.seal('K€y', 'outlet:pasons:1');
    assert.notEqual(vault.seal('K€y', 'outlet:pasons:1'), sealed);
    assert.ok(!Buffer.from(sealed, 'base64').includes('K€y'));
    assert.equal(vault.open(sealed, 'outlet:pasons:1'), 'K€y');
    assert.equal(vault.open(sealed, 'outlet:pasons:2'), null);
    assert.equal(new Vault(['two', 'one']).open(sealed, 'outlet:pasons:1'), 'K€y');
    assert.equal(new Vault(['two']).open(sealed, 'outlet:pasons:1'), null);
    for (const broken of ['', 'x', sealed.slice(0, 20), `${sealed.slice(0, -6)}AAAA==`])
      assert.equal(vault.open(broken, 'outlet:pasons:1'), null);
  });
});

const row = (store_id: string, more: Partial<OutletRow> = {}): OutletRow => ({
  store_id,
  name: `Branch ${store_id}`,
  push_enabled: false,
  auto: true,
  endpoint: '',
  keyRef: '',
  keyGiven: false,
  ...more,
});
const over = (table: OutletRow[], changes: Record<string, Omit<OutletChange, 'node'>>) =>
  layOver(table, new Map(Object.entries(changes).map(([store, change]) => [store, { node: 'n', ...change }])));

describe('settings: changes over the table of outlets', () => {
  it('leaves what was not changed', () => {
    const { rows, ended } = over([row('1')], {});
    assert.deepEqual(rows, [{ ...row('1'), added: false, closed: false, changed: [] }]);
    assert.deepEqual(ended, []);
  });

  it('a change counts as long as the table says what it said then; a deploy that says otherwise ends it', () => {
    const change = { '1': { push_enabled: { value: true, was: false }, auto: { value: false, was: true } } };
    const { rows, left } = over([row('1')], change);
    assert.deepEqual([rows[0]!.push_enabled, rows[0]!.auto, rows[0]!.changed], [true, false, ['push_enabled', 'auto']]);
    assert.equal(left.size, 1);
    // Both say "on" now: nothing is lost, and the next deploy of "off" counts.
    const same = over([row('1', { push_enabled: true })], change);
    assert.deepEqual([same.rows[0]!.push_enabled, same.rows[0]!.changed], [true, ['auto']]);
    assert.deepEqual(same.left.get('1'), { node: 'n', auto: { value: false, was: true } });
    assert.deepEqual(same.ended, [{ store_id: '1', what: 'push_enabled', old: 'on', new: 'on' }]);
    const back = over([row('1', { auto: false })], { '1': { auto: { value: true, was: true } } });
    assert.deepEqual(back.ended, [{ store_id: '1', what: 'auto', old: 'on', new: 'off' }]);
    assert.deepEqual([back.rows[0]!.auto, back.left.size], [false, 0]);
  });

  it('a new branch is a row like any other, until a table has it', () => {
    const change = { '7': { added: { name: 'Harbour' }, push_enabled: { value: true, was: null }, key: 'sealed' } };
    const { rows } = over([row('1')], change);
    assert.deepEqual(
      rows.map(({ store_id, name, push_enabled, added }) => [store_id, name, push_enabled, added]),
      [
        ['1', 'Branch 1', false, false],
        ['7', 'Harbour', true, true],
      ],
    );
    const taken = over([row('7')], change);
    assert.deepEqual([taken.rows[0]!.push_enabled, taken.rows[0]!.added], [false, false]);
    // Its key was not what the deploy was about.
    assert.deepEqual(taken.left.get('7'), { node: 'n', key: 'sealed' });
    assert.deepEqual(
      taken.ended.map(({ what }) => what),
      ['added', 'push_enabled'],
    );
  });

  it('a closed branch sends nothing; a deploy that switches it on opens it', () => {
    const closed = { closed: { value: true as const, was: true } };
    const { rows } = over([row('1', { push_enabled: true })], { '1': closed });
    assert.deepEqual([rows[0]!.push_enabled, rows[0]!.closed], [false, true]);
    const off = over([row('1')], { '1': closed });
    assert.deepEqual([off.rows[0]!.closed, off.ended[0]!.what], [false, 'closed']);
  });

  it('a row that was taken out of the table is not brought back', () => {
    const { rows, left, ended } = over([], { '1': { push_enabled: { value: true, was: false } } });
    assert.deepEqual([rows, left.size, ended[0]!.what], [[], 0, 'row']);
  });

  it('of two rows of a shop only the one that counts is changed', () => {
    const table = [row('1'), row('1', { push_enabled: true })];
    const { rows } = over(table, { '1': { push_enabled: { value: false, was: true } } });
    assert.deepEqual(
      rows.map(({ push_enabled }) => push_enabled),
      [false, false],
    );
  });
});
