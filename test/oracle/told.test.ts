import assert from 'node:assert/strict';
import type { PlatformRequest } from '../../simulators/pasons';
import { Witness } from '../soak/witness';
import { expectedOf, type Told } from './told';

const TOLD: Told[] = [
  { at: 5, store: '1', sku: 'A', change: 2 },
  { at: 3, store: '1', sku: 'A', level: 10 },
  { at: 2, store: '1', sku: 'A', change: 100 },
  { at: 4, store: '1', sku: 'A', price: 7 },
  { at: 1, store: '1', sku: 'A', price: 6 },
  { at: 1, store: '1', sku: 'B', price: 6 },
];

describe('the oracle of the soak', () => {
  it('knows the last price, and the last level with what moved after it', () => {
    assert.deepEqual([...expectedOf(TOLD)], [['1 A', { selling_price: '7', stock_status: '1', quantity: '12' }]]);
  });

  const request = (key: string, price: number, at = 0, status: number | null = 200): PlatformRequest => ({
    at,
    method: 'POST',
    store: '1',
    headers: { 'idempotency-key': key },
    body: JSON.stringify([{ sku: 'A', selling_price: price, quantity: 1 }]),
    keys: ['A'],
    applied: true,
    status,
  });

  it('sees a number that goes back, and lets a request pass that is repeated as it was', () => {
    const witness = new Witness(1_000);
    const see = (key: string, price: number) => {
      witness.read(request(key, price));
      witness.answered(request(key, price));
    };
    see('a', 1);
    see('b', 2);
    see('a', 1);
    assert.deepEqual([witness.problems, witness.repeats], [[], 1]);
    see('c', 1);
    see('c', 3);
    assert.deepEqual(witness.problems, ['1 A selling_price: 1 after 2', '1 c came again with another body']);
  });

  it('sees that something else was sent while a request was unanswered', () => {
    const witness = new Witness(1_000);
    witness.read(request('a', 1));
    witness.read(request('a', 1, 500));
    witness.answered(request('a', 1, 500, 503));
    assert.deepEqual(witness.problems, []);
    witness.read(request('b', 2, 1_000));
    assert.deepEqual(witness.problems, ['1 A came anew 1000 ms after a request that was not answered']);
    witness.read(request('c', 3, 5_000));
    assert.equal(witness.problems.length, 1);
  });
});
