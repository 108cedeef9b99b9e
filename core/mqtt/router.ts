/**
 * Finds the handlers of a delivery. While none is there (a deploy) the delivery waits; with several (two scanner in
 * nodes on one topic) it is stored only when all of them say so.
 */
import { type Delivery, type DeliveryHandler, NotStoredError } from './delivery';
import { matcher } from './topics';

interface Subscription {
  filter: string;
  covers: (topic: string) => boolean;
  qos: 0 | 1;
  handler: DeliveryHandler;
}

export class DeliveryRouter {
  private readonly subscriptions = new Set<Subscription>();
  private readonly waiting = new Set<() => void>();
  private closed = false;
  /** Milliseconds that a delivery waits for a flow that takes it. */
  wait: number;

  constructor(wait: number) {
    this.wait = wait;
  }

  subscribe(filter: string, qos: 0 | 1, handler: DeliveryHandler): () => void {
    const subscription = { filter, covers: matcher(filter), qos, handler };
    this.subscriptions.add(subscription);
    this.wake();
    return () => {
      this.subscriptions.delete(subscription);
    };
  }

  /** Each filter once, with the highest QoS that was asked for. */
  filters(): Map<string, 0 | 1> {
    const found = new Map<string, 0 | 1>();
    for (const { filter, qos } of this.subscriptions) {
      if (qos >= (found.get(filter) ?? 0)) found.set(filter, qos);
    }
    return found;
  }

  /** Resolves when stored. @throws NotStoredError */
  async deliver(delivery: Delivery): Promise<void> {
    const deadline = performance.now() + this.wait;
    for (;;) {
      const handlers = this.handlersOf(delivery.topic);
      if (handlers.length === 0) {
        await this.someoneCame(deadline);
        continue;
      }
      try {
        if (handlers.length === 1) await handlers[0]!(delivery);
        else await everyone(handlers.map((handler) => handler(delivery)));
        return;
      } catch (thrown) {
        if (!(thrown instanceof NotStoredError && thrown.redeliver) || this.closed || performance.now() >= deadline)
          throw thrown;
        // The nodes that took it are gone; their successors may already be there.
      }
    }
  }

  close(): void {
    this.closed = true;
    this.wake();
  }

  private handlersOf(topic: string): DeliveryHandler[] {
    const found: DeliveryHandler[] = [];
    for (const { covers, handler } of this.subscriptions) if (covers(topic)) found.push(handler);
    return found;
  }

  private someoneCame(deadline: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        clearTimeout(timer);
        this.waiting.delete(check);
        if (!this.closed && performance.now() < deadline) resolve();
        else reject(new NotStoredError('No scanner in node takes this topic. Nothing is stored; it is sent again.'));
      };
      const timer = setTimeout(check, Math.max(0, deadline - performance.now()));
      timer.unref();
      if (this.closed) check();
      else this.waiting.add(check);
    });
  }

  private wake(): void {
    for (const check of [...this.waiting]) check();
  }
}

/** Waits for all of them, so that nothing is acknowledged or given up while one is still writing. */
async function everyone(results: Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(results)) if (result.status === 'rejected') throw result.reason;
}
