/** What thousands of requests with a bad signature or token cost: an answer each, a line a minute, nothing that is kept. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { paradigmHeaders } from '../../simulators/paradigm';
import { eventually } from '../support/eventually';
import { type RunningNodeRed, startNodeRed } from '../support/node-red';
import { ledgerText } from '../support/planted';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const SECRET = 'the-right-secret';
const BAD = 3_000;
const AT_ONCE = 20;
const PADDING = 'x'.repeat(2_000);

describe('thousands of requests that nobody proves', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let red: RunningNodeRed;
  before(async () => {
    folder = tempFolder('refused');
    const nodes = [
      { id: 'p', type: 'shelfwire-paradigm-in', storeMap: { 1: '1' }, defaultStore: '1', wires: [['v']] },
      {
        id: 'v',
        type: 'shelfwire-hmac-verify',
        name: 'signed by Paradigm',
        scheme: 'paradigm',
        ledger: 'l',
        wires: [['r'], []],
      },
      { id: 'c', type: 'shelfwire-catalogue-in', wires: [['r']] },
      { id: 'r', type: 'shelfwire-record-stock', ledger: 'l', wires: [[], []] },
    ];
    red = await startNodeRed({
      userDir: folder.path,
      keepLogs: 10_000_000,
      flows: [
        { id: 'tab', type: 'tab', label: 'in' },
        { id: 'l', type: 'shelfwire-ledger', file: 'ledger.db' },
        ...nodes.map((node, index) => ({ z: 'tab', x: 100, y: 60 * (index + 1), ...node })),
      ],
      credentials: { v: { secret: SECRET }, c: { token: 'the-right-token' } },
    });
    await eventually(async () => (await fetch(`${red.url}/health`)).status === 200);
  });
  after(async () => {
    await red?.stop();
    folder.remove();
  });

  let number = 0;
  const event = (padding = '') => {
    number += 1;
    return JSON.stringify({
      eventType: 'INVENTORY_UPDATE',
      productId: `P${number}`,
      newQuantity: 1,
      timestamp: '2025-08-01T22:30:00Z',
      source: 'SALES_ORDER',
      padding,
    });
  };
  async function send(secret: string, padding = ''): Promise<number> {
    const body = event(padding);
    const headers = { 'Content-Type': 'application/json', ...paradigmHeaders(secret, body) };
    const answer = await fetch(`${red.url}/webhook/paradigm/inventory`, { method: 'POST', body, headers });
    await answer.arrayBuffer();
    return answer.status;
  }
  async function feed(token: string): Promise<number> {
    const headers = { 'Content-Type': 'text/csv', Authorization: `Bearer ${token}` };
    const answer = await fetch(`${red.url}/api/catalogue/1`, {
      method: 'POST',
      body: 'sku,selling_price\nA,1\n',
      headers,
    });
    await answer.arrayBuffer();
    return answer.status;
  }
  it('each is answered 401 and leaves nothing; who proves it gets through all the while, from the same address', async () => {
    assert.equal(await send(SECRET), 200);
    const logged = red.logs().length;
    const answers = new Map<number, number>();
    const good: number[] = [];
    let left = BAD;
    const attacker = async () => {
      while (left > 0) {
        left -= 1;
        const status = await (left % 10 === 0 ? feed('a-wrong-token') : send('a-wrong-secret', PADDING));
        answers.set(status, (answers.get(status) ?? 0) + 1);
      }
    };
    const honest = async () => {
      while (left > 0) good.push(await send(SECRET));
    };
    await Promise.all([...Array.from({ length: AT_ONCE }, attacker), honest()]);
    assert.deepEqual([...answers], [[401, BAD]]);
    assert.ok(good.length > 10, `${good.length} honest requests`);
    assert.ok(good.every((status) => status === 200));
    assert.equal(await feed('the-right-token'), 200);

    const log = red.logs().slice(logged);
    const lines = log.split('\n').filter((line) => line.includes('refused'));
    assert.ok(lines.length >= 2, log);
    // Two nodes, a line at once and one a minute each.
    assert.ok(lines.length <= 6, `${lines.length} lines`);
    assert.match(log, /signed by Paradigm\] A request from \S*127\.0\.0\.1 was refused: The signature does not match/);
    assert.ok(log.length < 3_000, `${log.length} characters`);
    const ledger = ledgerText(join(folder.path, 'ledger.db'));
    assert.ok(ledger.includes('P1') && !ledger.includes(PADDING.slice(0, 100)));
    const health = (await (await fetch(`${red.url}/health`)).json()) as { counts: { received: number } };
    assert.equal(health.counts.received, good.length + 2);
    const refused = (await (await fetch(`${red.adminUrl}/shelfwire/refused`)).json()) as { refused: unknown[] };
    assert.deepEqual(refused.refused, []);
  });

  it('the others are told with their number when the node closes', async () => {
    await red.deploy([{ id: 'tab', type: 'tab', label: 'in' }]);
    const counts = [...red.logs().matchAll(/(\d+) more requests were refused since then/g)].map(([, count]) =>
      Number(count),
    );
    const single = red.logs().match(/\] A request from \S+ was refused/g) ?? [];
    assert.equal(
      counts.reduce((sum, count) => sum + count, single.length),
      BAD,
    );
  });
});
