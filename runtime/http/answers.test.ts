import assert from 'node:assert/strict';
import type { Refusal } from '../../core/stock/event';
import { emptyReply, recordedReply } from './answers';

describe('answers of webhooks', () => {
  const refused = (refusal: Refusal) =>
    emptyReply(
      {
        kind: 'recorded',
        result: {
          received: 1,
          accepted: 0,
          duplicate: 0,
          stale: 0,
          refused: 1,
          outcomes: ['refused'],
          refusals: [refusal],
        },
      },
      { malformed: false },
    ).body?.message;

  it('name the item where the reason does not, for senders that see only the message', () => {
    const refusal = { index: 0, sku: '1015AW', code: 'not_decimal', message: 'quantity is not a decimal number.' };
    assert.equal(refused(refusal), 'Nothing was recorded. SKU 1015AW: quantity is not a decimal number.');
    assert.equal(
      refused({ ...refusal, message: 'The item 1015AW has no date.' }),
      'Nothing was recorded. The item 1015AW has no date.',
    );
    assert.equal(refused({ ...refusal, sku: null }), 'Nothing was recorded. quantity is not a decimal number.');
  });

  it('tell every wrong field of every item, and count items', () => {
    const result = { received: 2, accepted: 0, duplicate: 0, stale: 0, refused: 2, outcomes: [] };
    const reason = (name: string) => ({ code: `c_${name}`, message: `${name} is wrong.` });
    const refusals = [
      { index: 0, sku: 'A', ...reason('price'), also: [reason('status')] },
      { index: 1, sku: 'B', ...reason('sku') },
    ];
    const settlement = { kind: 'recorded' as const, result: { ...result, refusals } };
    const { status, body } = recordedReply(settlement, { malformed: false });
    assert.deepEqual([status, body!.refused], [422, 2]);
    assert.deepEqual(body!.errors, [
      { index: 0, sku: 'A', ...reason('price') },
      { index: 0, sku: 'A', ...reason('status') },
      { index: 1, sku: 'B', ...reason('sku') },
    ]);
    assert.equal(
      emptyReply(settlement, { malformed: false }).body!.message,
      'Nothing was recorded. SKU A: price is wrong. status is wrong.',
    );
  });
});
