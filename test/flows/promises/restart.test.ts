/** What has to outlive the process, and what two processes may not do: the bundled flow as npm start runs it. */
import assert from 'node:assert/strict';
import { scalarText } from '../../../simulators/exact-json';
import { type PasonsSimulator, startPasons } from '../../../simulators/pasons';
import { eventually } from '../../support/eventually';
import { npmStart, type Started } from '../../support/npm-start';
import { type TempFolder, tempFolder } from '../../support/temp-folder';

describe('stopping and starting', function () {
  this.timeout(60_000);
  let data: TempFolder;
  let pasons: PasonsSimulator;
  const running: Started[] = [];

  beforeEach(async () => {
    data = tempFolder('restart');
    pasons = await startPasons();
  });
  afterEach(async () => {
    for (const red of running.splice(0)) await red.stop();
    await pasons.stop();
    data.remove();
  });

  const start = async (): Promise<Started> => {
    const red = await npmStart(data.path, { PASONS_URL: pasons.url, SHELFWIRE_API_TOKEN: 't' });
    running.push(red);
    return red;
  };
  const feed = (red: Started, csv: string) =>
    fetch(`${red.url}/api/catalogue/1`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/csv', Authorization: 'Bearer t' },
      body: `sku,selling_price,stock_status\n${csv}\n`,
    });
  const healthy = (red: Started) => async () => (await fetch(`${red.url}/health`)).status === 200;
  const shown = (sku: string) => scalarText(pasons.store.item('1', sku)?.selling_price);
  const sent = () => pasons.requests.filter(({ method }) => method === 'POST');

  it('SIGTERM does not wait for a platform that hangs; then exactly that request is repeated, before newer values', async () => {
    let red = await start();
    await eventually(healthy(red), 20_000, 'health');
    pasons.behave({ delay: 60_000, applies: 'last' });
    assert.equal((await feed(red, 'A,1,1')).status, 200);
    await eventually(() => sent().length === 1, 10_000, 'a request that hangs');
    const began = Date.now();
    await red.stop();
    // Containers are killed 10 s after they were asked to stop.
    assert.ok(Date.now() - began < 9_000);
    pasons.behave(null);
    red = await start();
    assert.equal((await feed(red, 'A,2,1')).status, 200);
    await eventually(() => shown('A') === '2', 15_000, 'the newer price');
    const [first, second] = sent();
    assert.equal(second!.body, first!.body);
    assert.equal(second!.headers['idempotency-key'], first!.headers['idempotency-key']);
  });

  it('what the platform asks to wait is kept over kill -9', async () => {
    let red = await start();
    await eventually(healthy(red), 20_000, 'health');
    pasons.behave({ fault: '429', times: 1, retryAfter: 6 });
    assert.equal((await feed(red, 'A,1,1')).status, 200);
    await eventually(() => sent()[0]?.status === 429, 10_000, 'a request that comes too soon');
    // The answer is committed before anything follows from it.
    await eventually(async () => {
      const outlets = await (await fetch(`${red.adminUrl}/shelfwire/outlets`)).json();
      return (outlets as { not_before: string | null }[])[0]!.not_before !== null;
    });
    await red.kill9();
    red = await start();
    await eventually(() => shown('A') === '1', 20_000, 'the price');
    const [first, second] = sent();
    // No PASONS_API_KEY: not every platform asks for one.
    assert.equal(first!.headers['x-api-key'], undefined);
    assert.ok(second!.at - first!.at >= 5_900, `${second!.at - first!.at} ms`);
  });

  it('a second process on the same data is refused, stores nothing, and takes over when the first has ended', async () => {
    const first = await start();
    await eventually(healthy(first), 20_000, 'health');
    const second = await start();
    await eventually(() => second.logs().includes('is used by another process'), 10_000, 'the reason in the log');
    assert.equal((await fetch(`${second.url}/health`)).status, 503);
    const refused = await feed(second, 'A,1,1');
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('Retry-After')) > 0);
    assert.equal((await feed(first, 'A,3,1')).status, 200);
    await eventually(() => shown('A') === '3', 10_000, 'the price told to the first');
    await first.kill9();
    await eventually(healthy(second), 15_000, 'the second to take over');
    assert.equal((await feed(second, 'A,4,1')).status, 200);
    await eventually(() => shown('A') === '4', 10_000, 'the price told to the second');
  });
});
