/** A wall clock that is set while everything runs: hours forward, hours back, more than a year. */
import assert from 'node:assert/strict';
import { scalarText } from '../../simulators/exact-json';
import { paradigmBody, paradigmHeaders } from '../../simulators/paradigm';
import { Soak } from '../soak/soak';
import { SECRETS } from '../support/demo-flow';
import { eventually } from '../support/eventually';

const HOUR = 3_600_000;
const SHIFTS: [string, number][] = [
  ['two hours forward', 2 * HOUR],
  ['three hours back', -3 * HOUR],
  ['400 days forward', 400 * 24 * HOUR],
  ['right again', 0],
];

describe('a wall clock that is set while everything runs', function () {
  this.timeout(180_000);
  let soak: Soak;
  before(async () => {
    soak = new Soak(13);
    await soak.prepare();
    soak.openShops();
    await soak.start();
  });
  after(() => soak.close());

  const shift = (by: number) => soak.red!.ask({ do: 'shift', by });
  const shown = (sku: string) => scalarText(soak.pasons.store.item('1', sku)?.selling_price);

  it('everything goes on: nothing stalls, nothing is forgotten, nothing is refused', async () => {
    await soak.work({ least: 500, most: 500 });
    for (const [what, by] of SHIFTS) {
      await shift(by);
      const { size } = soak.shops.acknowledged;
      const requests = soak.pasons.count();
      await eventually(() => soak.shops.acknowledged.size > size + 50, 20_000, `${what}: changes come in`);
      await eventually(() => soak.pasons.count() > requests + 5, 20_000, `${what}: pushes go out`);
      assert.equal(await soak.red!.ask({ do: 'prune', keepDays: 90 }), 0, `${what}: nothing is old`);
    }
  });

  it('a platform that is away meanwhile is found again at once', async () => {
    for (const by of [2 * HOUR, -3 * HOUR, 0]) {
      soak.pasons.behave({ fault: '503', retryAfter: null });
      const before = soak.pasons.count();
      await eventually(() => soak.pasons.count() > before + 1, 20_000, 'probes');
      await shift(by);
      soak.pasons.behave({ fault: null });
      const { requests } = soak.pasons;
      await eventually(() => requests.at(-1)!.status === 200, 20_000, 'a good answer');
    }
  });

  it('in the end the platform shows what was told, and nothing spins', async () => {
    await shift(-3 * HOUR);
    await soak.finish();
    assert.deepEqual(soak.problems, []);
    const before = await cpu();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.ok((await cpu()) - before < 400, 'an idle process takes the processor');
  });

  it('what is true as of its arrival, and what happens right now, is newer than what came before', async () => {
    const feed = async (price: number) => {
      const answer = await fetch(`${soak.red!.url}/api/catalogue/1`, {
        method: 'POST',
        headers: { 'Content-Type': 'text/csv', Authorization: `Bearer ${SECRETS.token}` },
        body: `sku,selling_price,quantity\nNOW,${price},1\n`,
      });
      assert.equal(((await answer.json()) as { accepted: number }).accepted, 1, `price ${price}`);
      await eventually(() => shown('NOW') === String(price), 10_000, `price ${price} at the platform`);
    };
    await shift(0);
    await feed(1);
    await shift(-3 * HOUR);
    await feed(2);
    const body = paradigmBody({
      productId: 'NOW',
      newPrice: '3',
      timestamp: new Date().toISOString(),
      location: '1',
    });
    const answer = await fetch(`${soak.red!.url}/webhook/paradigm/inventory`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...paradigmHeaders(SECRETS.paradigm, body) },
      body,
    });
    assert.equal(answer.status, 200, await answer.text());
    await eventually(() => shown('NOW') === '3', 10_000, 'the price of right now');
  });

  const cpu = async () => ((await soak.red!.ask({ do: 'measure' })) as { cpu: number }).cpu;
});
