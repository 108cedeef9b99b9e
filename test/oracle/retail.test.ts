import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/node-red';
import { expectedContent } from './retail';

const HEAD = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';

describe('the oracle of the replay', () => {
  it('adds sales and returns up, shows nothing below zero, takes the latest price and of equals the last', () => {
    const content = expectedContent(
      `${HEAD}1,a,"X, ""Y""",60,2011-01-02 10:00:00,2.10,,France
2,a,X,50,2011-01-02 10:00:00,3.0,,France
C3,a,X,-5,2011-01-01 10:00:00,9.99,,France
4,A,X,1,2011-01-01 10:00:00,0.0,17850.0,France
5,a,X,100,2011-01-01 10:00:00,10,,EIRE
`,
      100,
    );
    assert.deepEqual(Object.fromEntries(content.get('France')!), {
      a: { selling_price: '3', stock_status: '0', quantity: '0' },
      A: { selling_price: '0', stock_status: '1', quantity: '99' },
    });
    assert.deepEqual(Object.fromEntries(content.get('EIRE')!), {
      a: { selling_price: '10', stock_status: '0', quantity: '0' },
    });
  });

  it('reads every row of the sample', () => {
    const content = expectedContent(readFileSync(join(ROOT, 'test/data/retail-sample.csv'), 'utf8'), 100);
    const items = [...content.values()].flatMap((store) => [...store.values()]);
    assert.equal(content.size, 27);
    assert.ok(items.every((item) => /^\d+(\.\d+)?$/.test(item.selling_price) && /^\d+$/.test(item.quantity)));
    assert.ok(items.some((item) => item.stock_status === '0') && items.some((item) => item.stock_status === '1'));
  });
});
