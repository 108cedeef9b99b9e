/** An operator who deploys twenty times while shops tell and pushes run: full, modified nodes, modified flows. */
import assert from 'node:assert/strict';
import { Soak, soakFlow } from '../soak/soak';
import { entry } from '../support/bundled-flow';
import { eventually } from '../support/eventually';
import type { FlowEntry } from '../support/node-red';

const DEPLOYS = 20;
/** Nodes that are changed in turn, so that each kind goes away while its neighbours stay. */
const CHANGED = [
  'shelfwire-record-stock',
  'shelfwire-pasons-push',
  'shelfwire-paradigm-in',
  'shelfwire-changed-stock',
  'shelfwire-retry',
  'shelfwire-hmac-verify',
  'shelfwire-scanner-in',
  'shelfwire-chunker',
  'shelfwire-catalogue-in',
  'shelfwire-outlets',
  'shelfwire-field-mapper',
];

/** The flow with another name of one node: enough for Node-RED to make it anew. */
function changedFlow(number: number): FlowEntry[] {
  const flow = soakFlow();
  entry(flow, CHANGED[number % CHANGED.length]!).name = `deploy ${number}`;
  return flow.flows;
}

describe('deploys under load', function () {
  this.timeout(240_000);
  let soak: Soak;
  before(async () => {
    soak = new Soak(11);
    await soak.prepare();
  });
  after(() => soak.close());

  it('lose nothing, double nothing, answer no 404, disconnect no scanner, and leave nothing behind', async () => {
    soak.openShops();
    const red = await soak.start();
    await soak.work({ least: 500, most: 500 });
    for (let number = 0; number < 3; number++) await red.deploy(changedFlow(number), 'full');
    await soak.work({ least: 0, most: 0 });
    const { closes } = soak.shops;
    const unanswered = soak.shops.statuses.get(0) ?? 0;
    const before = await measure();

    for (let number = 0; number < DEPLOYS; number++) {
      const { size } = soak.shops.acknowledged;
      const requests = soak.pasons.count();
      await red.deploy(changedFlow(number), (['nodes', 'flows', 'full'] as const)[number % 3]!);
      // Each deploy meets a system at work.
      await eventually(() => soak.shops.acknowledged.size > size + 10, 30_000, 'it goes on after the deploy');
      // What the deploy swallowed comes at once, not when its lease has run out after half a minute.
      await eventually(() => soak.pasons.count() > requests + 1, 15_000, 'pushes after the deploy');
    }

    const after = await measure();
    assert.equal(soak.shops.closes, closes);
    assert.equal(soak.shops.statuses.get(0) ?? 0, unanswered);
    await soak.finish();
    assert.deepEqual(soak.problems, []);
    // As many as before, up to what is under way at the moment.
    for (const name of ['listeners', 'TCPServerWrap', 'MessagePort', 'Timeout', 'TCPSocketWrap'])
      assert.ok(
        (after[name] ?? 0) <= (before[name] ?? 0) + 12,
        `${name}: ${before[name]} before, ${after[name]} after`,
      );
    const grown = Math.round((after.heap! - before.heap!) / 1e6);
    assert.ok(grown < 20, `the heap grew by ${grown} MB in ${DEPLOYS} deploys`);
  });

  const measure = async () => (await soak.red!.ask({ do: 'measure' })) as Record<string, number>;
});
