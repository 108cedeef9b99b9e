import assert from 'node:assert/strict';
import fc from 'fast-check';
import { COLUMNS, emptyRow, keysFromText, mergeRows, readTable, rowsToCsv, storeTwice, type TableRow } from './table';

describe('outlets: the table as text', () => {
  it('reads a spreadsheet with column names in any order, or without', () => {
    const marina = { ...emptyRow(), store_id: '7', name: 'Marina', push_enabled: true, auto: false };
    assert.deepEqual(readTable('\uFEFFName;Store_ID;push_enabled;auto\r\nMarina;7;yes;no\r\n;;1;1\r\n'), {
      rows: [marina],
      left: 1,
    });
    assert.deepEqual(readTable('7,Marina,1,0\n8\n').rows, [marina, { ...emptyRow(), store_id: '8' }]);
    assert.deepEqual(readTable('\n,,\n'), { rows: [], left: 0 });
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
          readTable(rowsToCsv(rows)).rows,
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

  it('a column that the text does not have stays as it is, an empty cell does not', () => {
    const before = [
      { ...emptyRow(), store_id: '1', push_enabled: true, auto: false, endpoint: 'http://own', keyRef: 'own' },
      { ...emptyRow(), store_id: '2', name: 'Two', push_enabled: true },
    ];
    const one = (text: string) => readTable(text, before).rows[0]!;
    assert.deepEqual(one('store_id,name\n1,Marina\n'), { ...before[0]!, name: 'Marina' });
    assert.deepEqual(one('store_id,push_enabled\n2,\n'), { ...before[1]!, push_enabled: false });
    assert.deepEqual(one('2,New\n'), { ...before[1]!, name: 'New' });
    assert.deepEqual(one('store_id,name\n3,Three\n'), { ...emptyRow(), store_id: '3', name: 'Three' });
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
