import assert from 'node:assert/strict';
import fc from 'fast-check';
import { csvRows, detectDelimiter } from './csv';

const cells = (text: string, delimiter?: string) =>
  csvRows(text, delimiter).map((row) => (row.broken ? 'broken' : row.cells));

describe('connectors/catalogue/csv', () => {
  it('keeps every cell as it stands', () => {
    assert.deepEqual(cells('sku,price\n007,12.40\n 8 ,\n'), [
      ['sku', 'price'],
      ['007', '12.40'],
      [' 8 ', ''],
    ]);
  });

  it('quotes, line breaks in cells, any line end, byte order mark, no last line break', () => {
    assert.deepEqual(cells('\uFEFFa,b\r\n"x, ""y""","l1\r\nl2"\r"",z'), [
      ['a', 'b'],
      ['x, "y"', 'l1\r\nl2'],
      ['', 'z'],
    ]);
    assert.deepEqual(
      csvRows('a\n\n"x\ny"\n\r\nz').map(({ line }) => line),
      [1, 3, 6],
    );
    assert.deepEqual(cells('a\n\n\n'), [['a']]);
    assert.deepEqual(cells('a\n""\n'), [['a'], ['']]);
    assert.deepEqual(cells(''), []);
    assert.deepEqual(cells('5" disk,x'), [['5" disk', 'x']], 'a quote within an unquoted cell is text');
  });

  it('finds the delimiter in the heading', () => {
    assert.equal(detectDelimiter('sku;selling_price;name, long\n1;2;3'), ';');
    assert.equal(detectDelimiter('sku\tselling_price\n'), '\t');
    assert.equal(detectDelimiter('sku|a|b'), '|');
    assert.equal(detectDelimiter('"a;b;c",d\n1;2;3,4'), ',');
    assert.equal(detectDelimiter('sku'), ',');
    assert.deepEqual(cells('sep=;\r\nsku;p\r\n1;2,5'), [
      ['sku', 'p'],
      ['1', '2,5'],
    ]);
  });

  it('a broken quote costs its line only', () => {
    assert.deepEqual(cells('a,b\n"x,1\nc,2\n'), [['a', 'b'], 'broken', ['c', '2']]);
    assert.deepEqual(cells('a,b\n"x"y,1\nc,2\n'), [['a', 'b'], 'broken', ['c', '2']]);
    assert.deepEqual(cells('a,b\n"x,1\nc,2\n"d",3\ne,4'), [['a', 'b'], 'broken', ['c', '2'], ['d', '3'], ['e', '4']]);
  });

  it('reads back what was written, whatever the cells hold', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '1', ',', ';', '"', '\n', '\r', '\t', ' ', 'å', '🛒', '.') });
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
      );
    fc.assert(
      fc.property(
        table,
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n', '\r'),
        (rows, delimiter, end) => {
          const quote = (text: string) => (/[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
          const text = rows.map((row) => row.map(quote).join(delimiter)).join(end);
          assert.deepEqual(cells(text, delimiter), rows);
        },
      ),
    );
  });

  it('ends with any text and loses no line', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r') }), (text) => {
        const rows = csvRows(text, ',');
        assert.ok(rows.length <= text.split(/\r\n|\r|\n/).length);
        assert.ok(rows.every(({ line }, i) => i === 0 || line > rows[i - 1]!.line));
      }),
    );
  });
});
