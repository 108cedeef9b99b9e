import assert from 'node:assert/strict';
import { DemoTarget } from '../../simulators/demo-target';
import { scalarText } from '../../simulators/exact-json';
import { ParadigmSender, type PriceUpdate } from '../../simulators/paradigm';
import { type PasonsSimulator, startPasons } from '../../simulators/pasons';
import type { Behaviour } from '../../simulators/pasons-behaviour';
import { seeded } from '../../simulators/random';
import { bundledFlow, entry } from '../support/bundled-flow';
import { PASONS_KEY, SECRETS, startDemoFlow } from '../support/demo-flow';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import type { RunningNodeRed } from '../support/node-red';
import { type TempFolder, tempFolder } from '../support/temp-folder';

const SKUS = ['a', 'b', 'c', 'd', 'e'];
const VERSIONS = 80;
const BATCH = 5;
const REQUESTS_PER_MOOD = 4;
/** Seconds; the platform applies late what it took longer for. */
const TIMEOUT_S = 1;
/** The platform's moods: slower than we wait, cutting connections after it has applied, failing otherwise. */
const MOODS: Partial<Behaviour>[] = [
  { delay: 1_600, applies: 'last', failRate: 0 },
  { delay: 1_600, applies: 'first', failRate: 0 },
  { delay: 0, failRate: 0.7, failWith: ['drop-applied', '500-applied', 'drop', '503', '429'] },
  { delay: 30, failRate: 0.2, failWith: ['500', 'html', 'drop-applied'] },
];

describe('no number goes back at the platform', function () {
  this.timeout(180_000);
  let folder: TempFolder;
  let pasons: PasonsSimulator;
  let red: RunningNodeRed;
  let start: () => Promise<RunningNodeRed>;

  before(async () => {
    folder = tempFolder('reversal');
    // Each price is its version: a smaller one after a larger one is a reversal.
    pasons = await startPasons({ apiKey: PASONS_KEY, timeout: TIMEOUT_S * 1_000, versionField: 'selling_price' });
    const flow = bundledFlow();
    entry(flow, 'shelfwire-outlets').timeout = TIMEOUT_S;
    entry(flow, 'shelfwire-changed-stock').linger = 0.1;
    entry(flow, 'shelfwire-retry').delay = 0.2;
    const [port, mqttPort] = [await freePort(), await freePort()];
    start = () => startDemoFlow({ flow, folder: folder.path, port, mqttPort, pasonsUrl: pasons.url });
    red = await start();
  });
  after(async () => {
    await red?.stop();
    await pasons?.stop();
    folder?.remove();
  });

  it('whatever the order of arrival, however the platform answers, and over a kill -9', async () => {
    const target = new DemoTarget(red.url);
    await target.ready();
    const csv = `sku,selling_price,stock_status\n${SKUS.map((sku) => `${sku},0,1`).join('\n')}\n`;
    const feed = { 'Content-Type': 'text/csv', Authorization: `Bearer ${SECRETS.token}` };
    assert.equal((await target.post('/api/catalogue/1?occurred_at=2025-01-01T00:00:00Z', csv, feed)).status, 200);

    const random = seeded(5);
    const sender = new ParadigmSender(target, SECRETS.paradigm);
    const versions = SKUS.flatMap((sku) =>
      Array.from({ length: VERSIONS }, (_, index) => ({ sku, version: index + 1 })),
    );
    versions.sort((a, b) => a.version - b.version);
    const late = versions
      .map((one, index) => ({ one, place: index + random() * 60 }))
      .sort((a, b) => a.place - b.place);
    const half = late.length / 2;
    let mood = 0;
    let met = 0;
    for (let next = 0; next < late.length; next += BATCH) {
      if (pasons.count() >= met + REQUESTS_PER_MOOD) {
        met = pasons.count();
        mood += 1;
        pasons.behave({ ...MOODS[mood % MOODS.length], seed: mood });
      }
      if (next >= half && next < half + BATCH) {
        await red.kill9();
        red = await start();
      }
      const events = late.slice(next, next + BATCH).map(({ one }) => priceOf(one.sku, one.version));
      await eventually(async () => (await sender.send(events)).ok, 20_000, 'Paradigm is answered');
      await requestOr(pasons, 300);
    }
    pasons.behave(null);
    const shown = (sku: string) => scalarText(pasons.store.item('1', sku)?.selling_price);
    await eventually(() => SKUS.every((sku) => shown(sku) === String(VERSIONS)), 120_000, 'the last prices');

    assert.deepEqual(pasons.store.reversals, []);
    assert.ok(pasons.count() > 15, `only ${pasons.count()} requests: too few to prove anything`);
  });
});

/** The prices come no faster than the platform is met, so that it gets many of them. */
async function requestOr(pasons: PasonsSimulator, milliseconds: number): Promise<void> {
  const before = pasons.count();
  const end = Date.now() + milliseconds;
  await eventually(() => pasons.count() > before || Date.now() > end, milliseconds * 10, 'a request');
}

function priceOf(sku: string, version: number): PriceUpdate {
  return {
    productId: sku,
    oldPrice: String(version - 1),
    newPrice: String(version),
    timestamp: new Date(Date.UTC(2025, 5, 1) + version * 1_000).toISOString(),
    location: '1',
  };
}
