/**
 * More than it can take, for minutes: the bundled flow in a real Node-RED gets webhooks and scans from senders that never
 * wait, on a disk that stands still now and then (so that it is too much on any machine). Memory stays bounded, what is too much is answered with 503 + Retry-After or held back (MQTT), what was
 * acknowledged is in the ledger, and as soon as it is over everything is as before.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { EventCounts, OutletSummary } from '../../core/ledger/ledger';
import { startPasons } from '../../simulators/pasons';
import { bundledFlow } from '../support/bundled-flow';
import { PASONS_KEY, SECRETS, startDemoFlow } from '../support/demo-flow';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import type { RunningNodeRed } from '../support/node-red';
import { tempFolder } from '../support/temp-folder';
import { holdNowAndThen } from './held-disk';
import { MemoryWatch } from './memory';
import { sendScans, sendWebhooks, Told } from './senders';

/** More than the receivers take at a time (1,000): as soon as the disk stands still, the rest is turned away. */
const CONNECTIONS = 1_300;
const EVENTS = 10;
const SCANNERS = 10;
const WINDOW = 100;
const MEMORY_MB = 1_200;

export interface Overloaded {
  seconds: number;
  /** Requests and scans that were acknowledged. */
  acknowledged: number;
  /** 503 and 429. */
  turnedAway: number;
  peakMb: number;
  slowestMs: number;
  /** Milliseconds from the end of the load until a request was answered well within a second. */
  backAfterMs: number;
}

/**
 * @param slowest milliseconds: what is taken waits for at most 1,000 others and the disk, what is not is answered at once
 * @throws AssertionError when a promise is broken
 */
export async function overload(seconds: number, slowest = 30_000): Promise<Overloaded> {
  const folder = tempFolder('overload');
  const pasons = await startPasons({ apiKey: PASONS_KEY, keep: 10 });
  const [port, mqttPort] = [await freePort(), await freePort()];
  const flow = bundledFlow();
  const red = await startDemoFlow({ flow, folder: folder.path, port, mqttPort, pasonsUrl: pasons.url });
  try {
    await prices(red);
    const letGo = holdNowAndThen(join(folder.path, 'demo', 'ledger.db'));
    const memory = new MemoryWatch(red.pid);
    const hooks = new Told();
    const scans = new Told();
    const end = performance.now() + seconds * 1000;
    const until = () => performance.now() > end;
    await Promise.all([
      sendWebhooks(
        {
          name: 'w',
          url: red.url,
          secret: SECRETS.paradigm,
          connections: CONNECTIONS,
          events: EVENTS,
          told: hooks,
        },
        until,
      ),
      sendScans(
        { port: mqttPort, password: SECRETS.scanner, connections: SCANNERS, window: WINDOW, told: scans },
        until,
      ),
    ]);
    memory.stop();
    await letGo();
    const backAfterMs = await backToNormal(red);
    const turnedAway = hooks.count('503') + hooks.count('429');
    answeredAll(hooks, scans, slowest);
    assert.ok(turnedAway > 0, `nobody was turned away: no overload (${JSON.stringify([...hooks.answers])})`);
    assert.ok(memory.peak < MEMORY_MB, `${memory.peak} MB`);
    // A run that is long enough shows that memory does not go on growing.
    const [middle, last] = [memory.peakWithin(0.3, 0.6), memory.peakWithin(0.7, 1)];
    if (seconds >= 60) assert.ok(last < middle * 1.3, `${middle} MB, later ${last} MB`);
    await addsUp(red);
    const waiting = await settled(red);
    assert.deepEqual(waiting, []);
    await red.stop();
    stored(join(folder.path, 'demo', 'ledger.db'), hooks, scans);
    return {
      seconds,
      acknowledged: hooks.accepted.size + scans.accepted.size,
      turnedAway,
      peakMb: memory.peak,
      slowestMs: Math.round(Math.max(...hooks.slowest.values(), ...scans.slowest.values())),
      backAfterMs,
    };
  } finally {
    await red.stop();
    await pasons.stop();
    folder.remove();
  }
}

/** So that what changes is also pushed meanwhile. */
async function prices(red: RunningNodeRed): Promise<void> {
  await eventually(async () => (await fetch(`${red.url}/health`)).status === 200, 30_000, 'health');
  const rows = Array.from({ length: EVENTS }, (_, n) => `W${n},12.40,1`).join('\n');
  const answer = await fetch(`${red.url}/api/catalogue/1?occurred_at=2025-01-01T00:00:00Z`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/csv', Authorization: `Bearer ${SECRETS.token}` },
    body: `sku,selling_price,stock_status\n${rows}\n`,
  });
  assert.equal(answer.status, 200, await answer.text());
}

/** No request and no scan is without an answer; whoever is turned away is told when to come again. */
function answeredAll(hooks: Told, scans: Told, slowest: number): void {
  const unusual = [...hooks.answers.keys()].filter((answer) => !['200', '503', '429'].includes(answer));
  assert.deepEqual(unusual, [], JSON.stringify([...hooks.answers]));
  assert.equal(hooks.withoutRetryAfter, 0);
  assert.ok(hooks.accepted.size > 0 && scans.accepted.size > 0, 'one kind of sender starved');
  for (const [answer, milliseconds] of [...hooks.slowest, ...scans.slowest])
    assert.ok(milliseconds < slowest, `${answer} after ${Math.round(milliseconds)} ms`);
}

/** @returns milliseconds until a request is answered well within a second */
async function backToNormal(red: RunningNodeRed): Promise<number> {
  const start = performance.now();
  await eventually(
    async () => {
      const told = new Told();
      const once = { name: 'after', url: red.url, secret: SECRETS.paradigm, connections: 1, events: 1, told };
      let sent = false;
      await sendWebhooks(once, () => {
        const done = sent;
        sent = true;
        return done;
      });
      return told.count('200') === 1 && told.slowest.get('200')! < 1_000;
    },
    15_000,
    'a good answer within a second',
  );
  return Math.round(performance.now() - start);
}

async function addsUp(red: RunningNodeRed): Promise<void> {
  const health = (await (await fetch(`${red.url}/health`)).json()) as { status: string; counts: EventCounts };
  const { received, accepted, duplicate, stale, refused } = health.counts;
  assert.equal(received, accepted + duplicate + stale + refused);
  assert.deepEqual([health.status, duplicate, refused], ['ok', 0, 0]);
}

/** Everything that changed under the load arrives at the platform. @returns what does not */
async function settled(red: RunningNodeRed): Promise<string[]> {
  const open = async () => {
    const outlets = (await (await fetch(`${red.adminUrl}/shelfwire/outlets`)).json()) as OutletSummary[];
    return outlets.filter(({ counts }) => counts.waiting + counts.sending + counts.held + counts.refused > 0);
  };
  await eventually(async () => (await open()).length === 0, 30_000, 'everything at the platform').catch(() => {});
  return (await open()).map(({ id, counts }) => `${id} ${JSON.stringify(counts)}`);
}

/** Each acknowledged message with all of its events, once. */
function stored(file: string, hooks: Told, scans: Told): void {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const requests = new Map<string, number>();
    const rows = db.prepare(
      "SELECT reference_id AS name, count(*) AS n FROM events WHERE reference_id LIKE 'w-%' GROUP BY reference_id",
    );
    for (const { name, n } of rows.iterate() as Iterable<{ name: string; n: number }>) requests.set(name, n);
    const missing = [...hooks.accepted].filter((name) => requests.get(name) !== EVENTS);
    assert.deepEqual(missing.slice(0, 10), [], `${missing.length} acknowledged requests are not in the ledger`);
    const events = new Set<string>();
    const scanned = db.prepare("SELECT event_id FROM events WHERE event_id LIKE '%m-%'");
    for (const { event_id } of scanned.iterate() as Iterable<{ event_id: string }>) events.add(event_id);
    const lost = [...scans.accepted].filter((name) => !events.has(name));
    assert.deepEqual(lost.slice(0, 10), [], `${lost.length} acknowledged scans are not in the ledger`);
  } finally {
    db.close();
  }
}
