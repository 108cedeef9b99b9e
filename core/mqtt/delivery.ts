/** What a broker hands to the flow, and what both kinds of broker have in common. */
import { ShelfwireError } from '../errors';

/** A message from a device. It is acknowledged (PUBACK) only when every handler that takes it says it is stored. */
export interface Delivery {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  /** The device account that was proven; null with an external broker, which keeps its accounts to itself. */
  readonly account: string | null;
}

/** Resolves when the content is stored (or refused and kept); rejects with NotStoredError when it is not. */
export type DeliveryHandler = (delivery: Delivery) => Promise<void>;

/** Nothing was stored: no PUBACK, the device sends again. */
export class NotStoredError extends ShelfwireError {
  /** The flow was deployed anew meanwhile: give it to the new flow instead of closing the connection. */
  readonly redeliver: boolean;
  constructor(message: string, options: { redeliver?: boolean; code?: string } = {}) {
    super(options.code ?? 'not_stored', message, { retryable: true });
    this.redeliver = options.redeliver ?? false;
  }
}

/** Something an operator should know; `key` names the cause so that repetitions can be counted instead of shown. */
export interface BrokerProblem {
  key: string;
  code: string;
  message: string;
}

/** refused: an external broker is there, but does not let us in, or does not let us read. */
export type LinkState = 'connecting' | 'up' | 'down' | 'refused' | 'closed';

/** What the runtime needs of a broker, embedded or external. */
export interface BrokerLink {
  readonly state: LinkState;
  /** Why it is not up, in words. */
  readonly reason: string | null;
  /** Messages taken and not yet acknowledged. */
  readonly inFlight: number;
  /** @returns a function that ends the subscription */
  subscribe(filter: string, qos: 0 | 1, handler: DeliveryHandler): () => void;
  close(): Promise<void>;
}
