/** What the push engine needs to know of an outlet; the outlets config node provides it. */
import type { OutletDefinition } from '../ledger/ledger';

export interface PushTarget {
  readonly definition: OutletDefinition;
  readonly method: 'POST' | 'PUT';
  /** Fresh for each request; contains the key. */
  headers(): Record<string, string>;
  /** Secret texts that must be cut out of anything shown or stored; the same list while they are the same. */
  secrets(): readonly string[];
  /** Judges the body of a 2xx by the outlet's own expression; undefined = none is set, every 2xx counts. */
  succeeds(body: unknown): Promise<boolean | undefined>;
  /**
   * Waits for one of the outlet's `concurrency` slots and for the account's `ratePerMinute`; rejects when aborted.
   * @param urgent before all that wait and are not
   */
  slot(signal?: AbortSignal, urgent?: boolean): Promise<() => void>;
}
