/**
 * One fault of the network, from the first request to the last: what is recorded, what the outlet shows, what becomes of
 * the items, that the platform never gets anything but the one body, and that nothing stays open.
 */
import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually';
import { FaultServer, type FaultServerOptions, type Misbehaviour, WELL } from '../../support/fault-server';
import { ITEMS, KEY, Line, OUTLET } from './line';

export interface NetworkFault {
  behaviour: Misbehaviour;
  /** Code of the failure. */
  code: string;
  /** What the outlet shows. */
  words: RegExp;
  /**
   * What is known of the request: nothing (only its stored body is sent again), that it was answered or never left and
   * may be tried again at once, or that trying again at once makes no sense.
   */
  outcome: 'unknown' | 'again' | 'final';
  /** Of the answer's head, if there was one. */
  status?: number;
  /** Milliseconds. */
  timeout?: number;
  server?: FaultServerOptions;
  /** Where the shop's endpoint leads; by default to the server. */
  endpoint?(server: FaultServer): string;
  /** Certificates that are trusted. */
  ca?: string;
  /** Ends the fault; by default the server answers well from now on. */
  mend?(server: FaultServer): void;
  /** At the end. */
  check?(server: FaultServer): void;
}

/** A platform that has answered with this fault twice is well again. */
export async function prove(fault: NetworkFault): Promise<void> {
  const before = await resources();
  const server = await FaultServer.start(fault.server);
  server.behaviour = fault.behaviour;
  const endpoint = fault.endpoint?.(server) ?? server.url();
  const line = new Line(endpoint, fault.timeout ?? 10_000, fault.ca === undefined ? {} : { ca: fault.ca });
  try {
    await line.open();
    await fails(line, fault);
    await shows(line, fault);
    if (fault.mend) fault.mend(server);
    else server.behaviour = WELL;
    await recovers(line);
    sameEachTime(server, fault);
    fault.check?.(server);
    await line.close();
    await eventually(() => server.open.size === 0, 5_000, 'the end of every connection');
  } finally {
    await server.stop();
  }
  await eventually(async () => {
    assert.deepEqual(await resources(), before);
    return true;
  }, 5_000);
}

async function fails(line: Line, { code, outcome, status }: NetworkFault): Promise<void> {
  const [part, ...more] = (await line.take(true)).failed;
  assert.equal(more.length, 0);
  assert.equal(part?.error.code, code, JSON.stringify(part?.error));
  assert.equal(part?.error.statusCode, status ?? null);
  assert.equal(part.error.retryable, outcome !== 'final');
  assert.equal(part.items.length, ITEMS);
  if (outcome === 'final') return;
  assert.deepEqual(await line.states(), { sending: ITEMS });
  // The retry; after it the attempts are used up.
  const [last] = (await line.send(part, false)).failed;
  assert.equal(last?.error.code, code);
  assert.equal(last.error.retryable, false);
}

async function shows(line: Line, { code, outcome, words, status }: NetworkFault): Promise<void> {
  assert.deepEqual(await line.states(), { waiting: ITEMS });
  const outlet = await line.outlet();
  assert.equal(outlet.reach, 'not_reachable');
  assert.equal(outlet.connected, false);
  assert.ok(outlet.not_before, 'no time before which nothing is sent');
  assert.match(outlet.reach_message ?? '', words);
  assert.match(outlet.reach_message ?? '', /^Shop Marina \(1\), 3 items: .*Nothing is lost/);
  const [record] = (await line.ledger.pushes({})).pushes;
  const { chunks, ...told } = (await line.ledger.push(record!.id))!;
  assert.deepEqual(
    [told.status, told.confirmed, told.refused, told.error_details, told.response_code],
    ['failed', 0, 0, code, status ?? null],
  );
  assert.equal(chunks.length, 1);
  assert.deepEqual(
    [chunks[0]!.attempts, chunks[0]!.status, chunks[0]!.response_code],
    [outcome === 'final' ? 1 : 2, outcome === 'unknown' ? 'unknown' : 'failed', status ?? null],
  );
  assert.match(chunks[0]!.response_message ?? '', words);
  assert.ok(!JSON.stringify([outlet, told, chunks]).includes(KEY), 'the key was recorded');
}

async function recovers(line: Line): Promise<void> {
  assert.deepEqual(await line.ledger.due(), [], 'sent before its time');
  line.advance(1_000);
  assert.deepEqual(await line.ledger.due(), [OUTLET]);
  const { accepted, failed } = await line.take(true);
  assert.deepEqual(failed, []);
  assert.equal(accepted?.items.length, ITEMS);
  assert.deepEqual(await line.states(), { in_sync: ITEMS });
  const outlet = await line.outlet();
  assert.deepEqual([outlet.reach, outlet.connected, outlet.not_before], ['ok', true, null]);
}

/** The platform can never have applied anything but the one body, nor the same body twice. */
function sameEachTime(server: FaultServer, { outcome, timeout }: NetworkFault): void {
  const body = JSON.stringify(Array.from({ length: ITEMS }, (_, n) => ({ sku: `A${n}`, selling_price: 13.99 })));
  for (const request of server.requests) assert.equal(request.body, body);
  const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
  assert.ok(keys.every((key) => key));
  // What was answered, never arrived or counts as dead (after twice the timeout) may come under a new number afterwards.
  const first = outcome === 'unknown' && timeout === undefined ? keys : keys.slice(0, -1);
  assert.ok(new Set(first).size <= 1, `other keys: ${keys}`);
}

/** What keeps this process alive: sockets, timers, look-ups. */
async function resources(): Promise<string[]> {
  // A timer counts as long as its callback runs.
  await new Promise((resolve) => setTimeout(resolve));
  await new Promise(setImmediate);
  return process
    .getActiveResourcesInfo()
    .filter((name) => name !== 'Immediate')
    .sort();
}
