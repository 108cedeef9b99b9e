/**
 * Hands one page of stock events to the flow and waits until record stock has committed it, so that pages never pile up
 * and none is lost: what could not be stored is sent into the flow again.
 */
import { StorageError } from '../../core/errors';
import type { RawInput, RecordResult } from '../../core/ledger/ledger';
import type { Refusal, StockEvent } from '../../core/stock/event';
import type { Message } from '../../runtime/red';
import { InboundRequest, type Settlement } from '../../runtime/requests';
import { sendOn } from '../../runtime/send-on';

export interface PageContent {
  events: StockEvent[];
  indexes: number[];
  refusals: Refusal[];
}

export interface PageDelivery {
  sender: string;
  raw: RawInput;
  simulated: boolean;
  /** Made anew for each attempt, since a flow may change what it gets. */
  content: () => Promise<PageContent>;
  message: Message;
  send: (msg: Message) => void;
  /** Milliseconds until record stock has to have it. */
  wait: number;
  attempts: number;
  /** Waits after a failed attempt, from 1; longer each time. */
  pause: (attempt: number) => Promise<void>;
}

/** @throws StorageError when it could not be stored in all attempts */
export async function deliverPage(page: PageDelivery): Promise<RecordResult | null> {
  for (let attempt = 1; ; attempt++) {
    const settlement = await emit(page);
    if (settlement === null) return null;
    if (settlement.kind === 'recorded') return settlement.result;
    if (attempt >= page.attempts || settlement.kind === 'unauthorized')
      throw new StorageError(
        'page_not_stored',
        `A page from Paradigm could not be stored: ${settlement.message} Nothing is lost: sync again. Is a record stock wired behind this node?`,
      );
    await page.pause(attempt);
  }
}

/** Null when the page has nothing to record. */
async function emit(page: PageDelivery): Promise<Settlement | null> {
  const content = await page.content();
  const { events, indexes, refusals } = content;
  if (events.length === 0 && refusals.length === 0) return null;
  return new Promise((resolve) => {
    const request = new InboundRequest({
      sender: page.sender,
      raw: page.raw,
      refusals,
      indexes,
      unsigned: 'refuse',
      simulated: page.simulated,
      wait: page.wait,
      respond: resolve,
    });
    // We asked for it, with our key.
    request.verified = { by: 'api', key: 'current' };
    // Stands for the request where a flow copies the message: kept by reference, as core keeps requests.
    const req = { shelfwire: 'paradigm sync' };
    const message = (part: StockEvent[]): Message => ({
      ...page.message,
      payload: part,
      req: req as unknown as NonNullable<Message['req']>,
    });
    void sendOn(request, req, content, message, page.send);
  });
}
