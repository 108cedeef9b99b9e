/**
 * Requests by the id of the messages that carry them: Node-RED hands the id on to whatever a flow makes of a message, also
 * where everything else is copied. An open request is always known, and of the answered ones the last (a weak reference
 * for each message cost the garbage collector more than all the rest of the message). An id that looks like a receiver's
 * and is not known any more is nobody's own message: it proves nothing.
 */
import { randomUUID } from 'node:crypto';
import type { InboundRequest } from './requests';

const KEEP = 1_000;
/** Of answered requests, with what was received. */
const KEEP_BYTES = 16 * 1024 * 1024;
const PREFIX = 'shelfwire-';

/** For the messages of a receiver of ours. */
export const receivedId = (): string => `${PREFIX}${randomUUID()}`;

export const isReceivedId = (id: string | undefined): boolean => id?.startsWith?.(PREFIX) === true;

export class RequestIds {
  private readonly known = new Map<string, InboundRequest>();
  /** The oldest first. */
  private readonly answered: { id: string; request: InboundRequest }[] = [];
  private bytes = 0;

  add(id: string, request: InboundRequest): void {
    if (this.known.get(id) === request) return;
    this.known.set(id, request);
    request.onSettled(() => this.settled(id, request));
  }

  get(id: string): InboundRequest | undefined {
    return this.known.get(id);
  }

  private settled(id: string, request: InboundRequest): void {
    this.answered.push({ id, request });
    this.bytes += request.raw.bytes.length;
    while (this.answered.length > KEEP || (this.bytes > KEEP_BYTES && this.answered.length > 1)) {
      const oldest = this.answered.shift()!;
      this.bytes -= oldest.request.raw.bytes.length;
      if (this.known.get(oldest.id) === oldest.request) this.known.delete(oldest.id);
    }
  }
}
