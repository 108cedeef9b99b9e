/** The thread of the ledger: sending what changed, and finding that nothing did. */
import type { Answer, BeginSendResult, Outcome, Take } from '../../../core/ledger/ledger';
import type { Path } from '../budget';
import { countBoth } from './ledger-work';
import { ENDPOINT, OUTLET, range, recordCall, Shop, told } from './shop';

const CHUNK = 500;
const MANY = 10_000;
const OK: Answer = { statusCode: 200, message: 'OK', duration_ms: 5 };
const ACCEPTED: Outcome = { kind: 'accepted', refused: [] };
const PARTIAL = { outlet: OUTLET, type: 'partial', trigger: 'schedule', created_by: 'schedule' };

function tellAll(shop: Shop, items: number, time: number): void {
  shop.later();
  for (let from = 0; from < items; from += CHUNK)
    shop.run([recordCall(range(from, from + CHUNK).map((item) => told(item, time)))]);
}

/** A message of waiting items: taken, sent, confirmed. @returns how many */
function sendOne(shop: Shop): number {
  const taken = shop.ask<Take | null>('take', OUTLET, CHUNK);
  if (!taken) return 0;
  const begun = shop.ask<BeginSendResult>('beginSend', {
    ticket: taken.ticket,
    body: Buffer.from(JSON.stringify(taken.items)),
    idempotencyKey: taken.ticket.id + taken.ticket.entries[0]!.lease,
    endpoint: ENDPOINT,
    timeout: 30_000,
    dropNewer: false,
  });
  if (!begun.send) throw new Error('it was not to be sent');
  shop.ask('settle', begun.chunk, ACCEPTED, OK);
  return taken.items.length;
}

function sendAll(shop: Shop): number {
  shop.later();
  shop.ask('startPush', PARTIAL);
  let sent = 0;
  for (let items = sendOne(shop); items > 0; items = sendOne(shop)) sent += items;
  return sent;
}

export const pushItems: Path = {
  id: 'push-items',
  title: `an item that waits is taken, sent and confirmed, ${CHUNK} to a request`,
  per: 'item',
  code: 'core/ledger/sqlite/take.ts, send.ts, settle.ts',
  async count() {
    const shop = new Shop();
    const push = () => {
      if (sendAll(shop) !== CHUNK) throw new Error('not every item was sent');
    };
    let time = 0;
    const prepared = () => {
      tellAll(shop, CHUNK, time++);
      return push;
    };
    for (let warm = 0; warm < 3; warm++) prepared()();
    return countBoth(shop, CHUNK, () => prepared());
  },
};

export const pushNothing: Path = {
  id: 'push-nothing',
  title: `a partial push at an outlet where nothing of ${MANY.toLocaleString('en')} items changed`,
  per: 'push',
  code: 'core/ledger/sqlite/pushes.ts, take.ts: nothing in them may read item by item',
  async count() {
    const shop = new Shop();
    tellAll(shop, MANY, 0);
    if (sendAll(shop) !== MANY) throw new Error('not every item was sent');
    const push = () => {
      if (sendAll(shop) !== 0) throw new Error('something was sent');
    };
    for (let warm = 0; warm < 20; warm++) push();
    return countBoth(shop, 20, () => () => {
      for (let n = 0; n < 20; n++) push();
    });
  },
};
