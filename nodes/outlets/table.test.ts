import assert from 'node:assert/strict';
import fc from 'fast-check';
import { COLUMNS, emptyRow, keysFromText, mergeRows, rowsFromCsv, rowsToCsv, storeTwice, type TableRow } from './table';

describe('outlets: the table as text', () => {
  it('reads a spreadsheet with column names in any order, or without', () => {
    const marina = { ...emptyRow(), store_id: '7', name: 'Marina', push_enabled: true, auto: false };
    assert.deepEqual(rowsFromCsv('\uFEFFName;Store_ID;push_enabled;auto\r\nMarina;7;yes;no\r\n;;1;1\r\n'), [marina]);
    assert.deepEqual(rowsFromCsv('7,Marina,1,0\n8\n'), [marina, { ...emptyRow(), store_id: '8' }]);
    assert.deepEqual(rowsFromCsv(''), []);
  });

  it('writes what it reads', () => {
    const text = fc.string({ maxLength: 12 }).map((value) => value.replaceAll(/[\r\n\0]/g, ' ').trim());
    const row: fc.Arbitrary<TableRow> = fc.record({
      store_id: text.filter((value) => value !== ''),
      name: text,
      push_enabled: fc.boolean(),
      auto: fc.boolean(),
      endpoint: text,
      keyRef: text,
    });
    fc.assert(
      fc.property(fc.array(row), (rows) =>
        assert.deepEqual(
          rowsFromCsv(rowsToCsv(rows)),
          rows.map((each) => ({ ...each })),
        ),
      ),
    );
    assert.equal(rowsToCsv([]), `${COLUMNS.join(',')}\r\n`);
  });

  it('lets an imported row replace the one of its store', () => {
    const old = [
      { ...emptyRow(), store_id: '1', name: 'old' },
      { ...emptyRow(), store_id: '2' },
    ];
    const imported = [
      { ...emptyRow(), store_id: '3' },
      { ...emptyRow(), store_id: '1', name: 'new' },
    ];
    assert.deepEqual(
      mergeRows(old, imported).map(({ store_id, name }) => store_id + name),
      ['1new', '2', '3'],
    );
  });

  it('reads keys per shop and finds a shop that is there twice', () => {
    assert.equal(keysFromText('1,abc\n2,"d,e"\n\n3\n'), '{"1":"abc","2":"d,e"}');
    assert.equal(keysFromText('1\tabc\n2\td,e\n'), '{"1":"abc","2":"d,e"}');
    assert.equal(keysFromText(' \n'), '');
    assert.equal(storeTwice([{ store_id: '1', push_enabled: true }, { store_id: '1' }]), null);
    assert.equal(
      storeTwice([
        { store_id: '1', push_enabled: true },
        { store_id: '1', push_enabled: true },
      ]),
      '1',
    );
  });
});
