/**
 * record stock: commits stock events to the ledger, then acknowledges the sender. Output 1: what is stored; output 2:
 * what was refused, with the reason.
 */
import { ConfigError, OverloadError, type ShelfwireError, StorageError, toShelfwireError } from '../../core/errors';
import type { RecordResult } from '../../core/ledger/ledger';
import type { StockEvent } from '../../core/stock/event';
import { type LedgerNode, ledgerNode } from '../../runtime/ledgers';
import { onInput } from '../../runtime/on-input';
import { numberProperty } from '../../runtime/properties';
import type { Message, NodeDef, RED, RedNode, Send } from '../../runtime/red';
import { type InboundRequest, isTrusted, requestOf } from '../../runtime/requests';
import { StatusLine, type StatusName, storageStatus } from '../../runtime/status';
import { allRefusals, eventsOf, indexesOf, type RecordRules, recordIn } from './recording';

interface Settings extends RecordRules {
  ledger: LedgerNode;
  reply: boolean;
}

const RETRY_S = 5;

export = function register(red: RED): void {
  function RecordStock(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const status = new StatusLine(red, this);
    const settings = readSettings(red, this, def, status);
    let total = 0;

    onInput(this, async (msg, send) => {
      const request = requestOf(msg);
      if (!isTrusted(msg)) {
        refuseUntrusted(request, msg, send);
        status.show('rejected', { reason: 'unauthorized' });
        return;
      }
      // A second record stock behind the same receiver records too, but does not answer.
      const answered = request && settings?.reply !== false && request.claim(this.id) ? request : null;
      try {
        if (!settings) throw new ConfigError('Record stock has no ledger to record in. Choose one in its settings.');
        const events = eventsOf(msg.payload);
        const ledger = await settings.ledger.open();
        const result =
          request?.simulated && ledger.info.kind === 'live'
            ? refuseSimulated(events, request, msg)
            : await recordIn(ledger, events, request, answered !== null || !settings.reply, msg, settings);
        answered?.recorded(result, msg.parts);
        emit(msg, events, result, send);
        total += result.received - result.refused;
        status.show(result.refused > 0 ? 'refused' : 'recorded', {
          count: result.refused > 0 ? result.refused : total,
        });
      } catch (thrown) {
        const error = toShelfwireError(thrown);
        const retryAfter = error instanceof OverloadError ? error.retryAfter : RETRY_S;
        answered?.settle({
          kind: 'unavailable',
          message: 'Nothing was stored; send it again later.',
          retryAfter,
        });
        status.show(statusOf(error));
        if (!(error instanceof StorageError || error instanceof OverloadError || error.code === 'not_events'))
          throw error;
        fail(msg, send, error, 503, retryAfter);
      }
    });
  }
  red.nodes.registerType('shelfwire-record-stock', RecordStock);
};

function readSettings(red: RED, node: RedNode, def: NodeDef, status: StatusLine): Settings | null {
  try {
    const codes = def.codes || 'as-is';
    if (codes !== 'as-is' && codes !== 'look-up')
      throw new ConfigError('The property "codes" must be as-is or look-up.');
    const settings: Settings = {
      ledger: ledgerNode(red, def.ledger as string | undefined),
      reply: def.reply !== false,
      codes,
      maxFuture: numberProperty(def, 'maxFuture', { default: 300, min: 0, max: 31_536_000 }),
    };
    status.show('ready');
    return settings;
  } catch (thrown) {
    status.show('config');
    node.error(thrown as Error);
    return null;
  }
}

/** Made-up numbers never reach a live ledger, not even as refused input that could be replayed. */
function refuseSimulated(events: StockEvent[], request: InboundRequest, msg: Message): RecordResult {
  const message = 'These numbers are simulated and this ledger is live. Nothing was recorded; stop the simulator.';
  const indexes = indexesOf(events, request, msg);
  const refusals = [
    ...events.map((event, position) => ({
      index: indexes?.[position] ?? position,
      sku: event?.sku ?? null,
      code: 'simulated',
      message,
    })),
    ...allRefusals(request),
  ];
  return {
    received: refusals.length,
    accepted: 0,
    duplicate: 0,
    stale: 0,
    refused: refusals.length,
    outcomes: events.map(() => 'refused' as const),
    refusals,
  };
}

function emit(msg: Message, events: StockEvent[], result: RecordResult, send: Send): void {
  const { accepted, duplicate, stale, refused, refusals, outcomes } = result;
  msg.recorded = { accepted, duplicate, stale, refused };
  msg.refused = refusals;
  if (refused === 0) {
    if (result.received > 0) send([msg, null]);
    return;
  }
  const good = events.filter((_, position) => outcomes[position] !== 'refused');
  const bad = events.filter((_, position) => outcomes[position] === 'refused');
  send([good.length > 0 ? { ...msg, payload: good } : null, { ...msg, payload: bad }]);
}

function refuseUntrusted(request: InboundRequest | undefined, msg: Message, send: Send): void {
  const message =
    'It is not proven who sent this, so nothing was recorded. Put hmac verify between the receiver and record stock.';
  request?.settle({ kind: 'unauthorized', message: 'The signature is missing or wrong. Nothing was recorded.' });
  msg.error = { code: 'unauthorized', message, statusCode: 401, retryable: false, retryAfter: null };
  send([null, msg]);
}

function fail(msg: Message, send: Send, error: ShelfwireError, statusCode: number, retryAfter: number): void {
  msg.error = { code: error.code, message: error.message, statusCode, retryable: error.retryable, retryAfter };
  send([null, msg]);
}

function statusOf(error: ShelfwireError): StatusName {
  if (error instanceof OverloadError) return 'overloaded';
  return error instanceof StorageError ? storageStatus(error.code) : 'config';
}
