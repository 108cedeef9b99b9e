/** DESIGN.md section 2: an outage is not a refusal. What npm start runs, against a platform that is down in every way. */
import assert from 'node:assert/strict';
import type { OutletSummary, PushRecord } from '../../../core/ledger/ledger';
import { scalarText } from '../../../simulators/exact-json';
import { paradigmBody, paradigmHeaders } from '../../../simulators/paradigm';
import { type PasonsSimulator, startPasons } from '../../../simulators/pasons';
import type { Fault } from '../../../simulators/pasons-behaviour';
import { eventually } from '../../support/eventually';
import { freePort } from '../../support/free-port';
import { npmStart, type Started } from '../../support/npm-start';
import { type TempFolder, tempFolder } from '../../support/temp-folder';

const SECRET = 'paradigm-secret';
const KEY = 'pasons-key';
const ITEMS = 250;

describe('one hour down, compressed: 1,000 changes while the platform is away', function () {
  this.timeout(60_000);
  let data: TempFolder;
  let pasons: PasonsSimulator;
  let red: Started;
  /** The version of an item is its price: one that goes down has gone back. */
  let version = 0;
  const wanted: Record<string, string> = {};

  before(async () => {
    data = tempFolder('outage');
    pasons = await startPasons({ port: await freePort(), apiKey: KEY, versionField: 'selling_price' });
    red = await npmStart(data.path, {
      PASONS_URL: pasons.url,
      PASONS_API_KEY: KEY,
      PARADIGM_WEBHOOK_SECRET: SECRET,
      SHELFWIRE_API_TOKEN: 't',
    });
    await eventually(async () => (await fetch(`${red.url}/health`)).status === 200, 20_000, 'health');
  });
  after(async () => {
    await red?.stop();
    await pasons?.stop();
    data?.remove();
  });

  const outlet = async () => {
    const outlets = (await (await fetch(`${red.adminUrl}/shelfwire/outlets`)).json()) as OutletSummary[];
    return outlets.find(({ store_id }) => store_id === '1')!;
  };
  const sum = ({ counts }: OutletSummary) => Object.values(counts).reduce((all, count) => all + count, 0);

  /** Every item gets a new price. */
  async function change(): Promise<void> {
    version += 1;
    const body = paradigmBody(
      Array.from({ length: ITEMS }, (_, n) => {
        wanted[`A${n}`] = String(version);
        const timestamp = new Date(Date.UTC(2026, 0, 1) + version * 1000).toISOString();
        return { productId: `A${n}`, newPrice: String(version), timestamp, location: '1' };
      }),
    );
    const answer = await fetch(`${red.url}/webhook/paradigm/inventory`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...paradigmHeaders(SECRET, body) },
      body,
    });
    assert.equal(answer.status, 200);
  }

  const arrived = () =>
    eventually(
      async () => {
        const shop = pasons.store.content()['1'] ?? {};
        for (const [sku, price] of Object.entries(wanted)) assert.equal(scalarText(shop[sku]?.selling_price), price);
        const now = await outlet();
        assert.equal(now.counts.in_sync, ITEMS);
        return now.connected;
      },
      30_000,
      'everything at the platform',
    );

  it('refuses nothing, holds nothing, needs nobody, and never goes back', async () => {
    const rows = Array.from({ length: ITEMS }, (_, n) => `A${n},0,1`).join('\n');
    const feed = await fetch(`${red.url}/api/catalogue/1?occurred_at=2026-01-01T00:00:00Z`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/csv', Authorization: 'Bearer t' },
      body: `sku,selling_price,stock_status\n${rows}\n`,
    });
    assert.equal(feed.status, 200);
    await change();
    await arrived();

    const ways: (Fault | 'refused')[] = ['401', '500-applied', 'refused'];
    const { port } = pasons;
    for (const way of ways) {
      const asked = pasons.count();
      if (way === 'refused') await pasons.stop();
      else pasons.behave({ fault: way });
      await change();
      const down = await eventually(
        async () => {
          const now = await outlet();
          assert.equal(now.counts.refused + now.counts.held, 0);
          assert.equal(sum(now), ITEMS);
          return (way === 'refused' || pasons.count() > asked) && !now.connected ? now : null;
        },
        20_000,
        `the outlet to show that the platform is away (${way})`,
      );
      assert.ok(down.reach_message);
      assert.equal(down.reach_message.includes(KEY), false);
    }
    const { overlaps, store } = pasons;
    assert.deepEqual(overlaps, []);
    assert.deepEqual(store.reversals, []);

    pasons = await startPasons({ port, apiKey: KEY, versionField: 'selling_price' });
    const back = await arrived();
    assert.ok(back);
    assert.equal((await outlet()).counts.refused, 0);
    assert.deepEqual(pasons.overlaps, []);
    assert.deepEqual(pasons.store.reversals, []);
    const { pushes } = (await (await fetch(`${red.adminUrl}/shelfwire/pushes?limit=100`)).json()) as {
      pushes: PushRecord[];
    };
    assert.ok(pushes.some(({ status }) => status === 'failed'));
    assert.equal(JSON.stringify(pushes).includes(KEY), false);
    assert.equal(red.logs().includes(KEY), false);
  });
});
