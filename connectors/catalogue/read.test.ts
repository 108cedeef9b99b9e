import assert from 'node:assert/strict';
import { InvalidInputError } from '../../core/errors';
import { runThrough } from '../../core/steps';
import { readEvent } from '../../core/stock/validate';
import { inSlices } from '../../runtime/slices';
import { longestBlock } from '../../test/support/event-loop';
import { type CatalogueForm, readCatalogue } from './read';
import { decodeText, formOf } from './text';

const AT = '2026-03-01T10:00:00.000Z';
const read = (text: string, form: CatalogueForm = 'csv', timeZone = 'Asia/Dubai') =>
  inSlices(readCatalogue(text, { form, storeId: '1', occurredAt: AT, timeZone }));
const decoded = (bytes: Uint8Array, type: string) => runThrough(decodeText(bytes, type));

async function codeOf(text: string, form: CatalogueForm = 'csv'): Promise<string> {
  return read(text, form).then(
    () => 'read',
    (thrown: unknown) => {
      assert.ok(thrown instanceof InvalidInputError);
      return thrown.code;
    },
  );
}

describe('connectors/catalogue', () => {
  it('tells every wrong cell of a row at once', async () => {
    const { refusals } = await read('sku,selling_price,stock_status,quantity\n,x,7,-\nA,-1,2,1\n');
    assert.deepEqual(
      refusals.map(({ index, code, also = [] }) => [index, code, ...also.map((other) => other.code)]),
      [
        [0, 'missing_field', 'not_a_status', 'not_decimal', 'not_decimal'],
        [1, 'not_a_status', 'negative_price'],
      ],
    );
  });

  it('the Export Feed', async () => {
    const { events, indexes, refusals } = await read(
      'sku,selling_price,stock_status\n9340957005965,13.99,1\n9340957005966,8.50,0\n',
    );
    assert.deepEqual(refusals, []);
    assert.deepEqual(indexes, [0, 1]);
    assert.deepEqual(
      events.map(({ event_id: _, ...event }) => event),
      [
        {
          source: 'catalogue',
          event_type: 'CATALOGUE',
          store_id: '1',
          sku: '9340957005965',
          selling_price: '13.99',
          stock_status: 1,
          occurred_at: AT,
        },
        {
          source: 'catalogue',
          event_type: 'CATALOGUE',
          store_id: '1',
          sku: '9340957005966',
          selling_price: '8.50',
          stock_status: 0,
          occurred_at: AT,
        },
      ],
    );
  });

  it('the same as a JSON list, digits kept', async () => {
    const { events } = await read(
      '[{"sku":9340957005965,"selling_price":12.40,"stock_status":true,"quantity":1.000000000000000005},{"sku":"007","selling_price":"1e400"}]',
      'json',
    );
    assert.equal(events[0]?.sku, '9340957005965');
    assert.equal(events[0]?.selling_price, '12.40');
    assert.equal(events[0]?.quantity, '1.000000000000000005');
    assert.equal(events[0]?.stock_status, 1);
    assert.equal(events[1]?.sku, '007');
    assert.equal(events[1]?.selling_price, '1e400', 'judged by record stock, not mended here');
  });

  it('CSV and JSON of the same values are the same events', async () => {
    const csv = await read('sku,selling_price,stock_status,barcode\n7,1.50,1,629\n');
    const json = await read('[{"sku":"7","selling_price":1.50,"stock_status":1,"barcode":"629"}]', 'json');
    assert.deepEqual(csv, json);
  });

  it('an empty cell is no value, never 0', async () => {
    const { events } = await read('sku,selling_price,quantity,stock_status\na,,,\nb, , ,\n');
    for (const event of events) {
      assert.equal(event.selling_price, undefined);
      assert.equal(event.quantity, undefined);
      assert.equal(event.stock_status, undefined);
      assert.throws(() => readEvent(event, 0, 1e12), { code: 'no_value' });
    }
    const json = await read('[{"sku":"a","quantity":null,"selling_price":""}]', 'json');
    assert.equal(json.events[0]?.quantity, undefined);
    assert.equal(json.events[0]?.selling_price, undefined);
  });

  it('headings in any letter case, with blanks, in any order, with other columns', async () => {
    const { events } = await read(
      '\uFEFF Name ;Selling Price; SKU ;QUANTITY;Enabled\r\n"Milk; 1 l"; 4.25 ;  x 1 ;10;1\r\n',
    );
    assert.equal(events[0]?.sku, '  x 1 ', 'a sku is kept code point by code point');
    assert.equal(events[0]?.selling_price, '4.25');
    assert.equal(events[0]?.quantity, '10');
    assert.equal(events[0]?.stock_status, 1);
  });

  it('times: of the row, read in the zone, else of the request', async () => {
    const { events, refusals } = await read(
      'sku,quantity,occurred_at\na,1,2026-02-28 12:00:00\nb,1,2026-02-28T12:00:00Z\nc,1,\nd,1,yesterday\n',
    );
    assert.deepEqual(
      events.map(({ occurred_at }) => occurred_at),
      ['2026-02-28T08:00:00.000Z', '2026-02-28T12:00:00.000Z', AT],
    );
    assert.deepEqual(
      refusals.map(({ index, sku, code }) => [index, sku, code]),
      [[3, 'd', 'not_a_time']],
    );
  });

  it('codes travel on the event; two barcodes of one article are two events', async () => {
    const { events } = await read('sku,barcode,paradigm_id,mipos_id\na,629,P1,M1\na,630,,\na,630,,\n');
    assert.deepEqual(
      events.map(({ codes }) => codes),
      [{ barcode: '629', paradigm: 'P1', mipos: 'M1' }, { barcode: '630' }, { barcode: '630' }],
    );
    assert.notEqual(events[0]?.event_id, events[1]?.event_id);
    assert.equal(events[1]?.event_id, events[2]?.event_id);
    assert.equal(readEvent(events[0], 2e15, 0).codes.length, 3);
  });

  it('ids: the same values of the same time are the same event, any other value is another', async () => {
    const id = async (row: string) =>
      (await read(`sku,selling_price,stock_status,quantity\n${row}\n`)).events[0]?.event_id;
    const ids = await Promise.all(['a,1,1,1', 'a,2,1,1', 'a,1,0,1', 'a,1,1,2', 'b,1,1,1'].map(id));
    assert.equal(new Set(ids).size, 5);
    assert.equal(await id('a,1,1,1'), ids[0]);
  });

  it('a bad row is told with its position, the others go on', async () => {
    const { events, indexes, refusals } = await read(
      [
        'sku,selling_price,stock_status,enabled,store_id,quantity_change',
        'a,1,1,,,',
        ',1,1,,,',
        'b,1,maybe,,,',
        'c,1,1,0,,',
        'd,1,1,1,2,',
        'e,1,1,1,1,-5',
        'f,1',
        'g,1,1,1,1,,,',
        '"h"x,1,1,1,1,',
        ',,,,,',
        '',
        'i,2,TRUE,1,1,',
      ].join('\n'),
    );
    assert.deepEqual(
      events.map(({ sku }) => sku),
      ['a', 'i'],
    );
    assert.deepEqual(indexes, [0, 9]);
    assert.deepEqual(
      refusals.map(({ index, sku, code }) => [index, sku, code]),
      [
        [1, null, 'missing_field'],
        [2, 'b', 'not_a_status'],
        [3, 'c', 'status_conflict'],
        [4, 'd', 'other_store'],
        [5, 'e', 'movement_in_catalogue'],
        [6, 'f', 'wrong_cell_count'],
        [7, 'g', 'wrong_cell_count'],
        [8, null, 'bad_quotes'],
      ],
    );
    assert.match(refusals[6]!.message, /Line 9 has 8 cells/);
  });

  it('bad items of a JSON list likewise', async () => {
    const { events, refusals } = await read(
      '[{"sku":"a","quantity":1},"x",{"quantity":1},{"sku":"b","quantity":[1]},{"sku":"c","selling_price":true},{"sku":"d","SKU":"e"}]',
      'json',
    );
    assert.equal(events.length, 1);
    assert.deepEqual(
      refusals.map(({ index, sku, code }) => [index, sku, code]),
      [
        [1, null, 'not_an_item'],
        [2, null, 'missing_field'],
        [3, 'b', 'not_text'],
        [4, 'c', 'not_text'],
        [5, 'd', 'duplicate_column'],
      ],
    );
  });

  it('what is wrong as a whole', async () => {
    assert.equal(await codeOf(''), 'no_sku_column');
    assert.equal(await codeOf('9340957005965,13.99,1\n'), 'no_sku_column');
    assert.equal(await codeOf('sku,SKU\n1,2\n'), 'duplicate_column');
    assert.equal(await codeOf('sku,name,name\n1,2,3\n'), 'read', 'columns that mean nothing may repeat');
    assert.equal(await codeOf('sku,selling_price\n'), 'no_rows');
    assert.equal(await codeOf('[]', 'json'), 'no_rows');
    assert.equal(await codeOf('[{"sku":1},', 'json'), 'malformed_json');
  });

  it('text in other charsets, and what form it is', () => {
    const csv = 'sku,name\n1,خبز\n';
    assert.equal(decoded(Buffer.from(csv), 'text/csv'), csv);
    assert.equal(decoded(Buffer.from(`\uFEFF${csv}`, 'utf16le'), ''), csv);
    assert.equal(decoded(Buffer.from('caf\u00e9', 'latin1'), 'text/csv; charset="windows-1252"'), 'café');
    assert.throws(() => decoded(Buffer.from([0x63, 0xe9, 0x0a]), 'text/csv'), { code: 'not_text' });
    assert.throws(() => decoded(Buffer.from('x'), 'text/csv; charset=klingon'), { code: 'unknown_charset' });
    assert.equal(formOf('application/json', 'x'), 'json');
    assert.equal(formOf('application/vnd.shop+json', 'x'), 'json');
    assert.equal(formOf('text/csv', '[1]'), 'csv');
    assert.equal(formOf('', ' [{}]'), 'json');
    assert.equal(formOf('text/plain', 'sku\n1'), 'csv');
  });

  for (const form of ['csv', 'json'] as const)
    it(`39,184 rows of ${form} hold nobody up`, async () => {
      const row = (i: number) => [`93409570${String(i).padStart(5, '0')}`, `${i % 90}.${10 + (i % 90)}`, String(i % 2)];
      const text =
        form === 'csv'
          ? `sku,selling_price,stock_status\n${Array.from({ length: 39_184 }, (_, i) => row(i).join(',')).join('\n')}`
          : `[${Array.from({ length: 39_184 }, (_, i) => `{"sku":"${row(i)[0]}","selling_price":${row(i)[1]},"stock_status":${row(i)[2]}}`).join(',')}]`;
      const blocked = await longestBlock(async () => {
        const { events, refusals } = await read(text, form);
        assert.equal(refusals.length, 0);
        assert.equal(new Set(events.map(({ event_id }) => event_id)).size, 39_184);
      });
      assert.ok(blocked < 50, `blocked ${blocked} ms`);
    });
});
