/**
 * Requests that are not proven, told to the operator: the first at once, what follows as one line a minute with a count.
 * Whoever sends thousands of them fills neither the log nor memory; each is still answered.
 */
import type { IncomingMessage } from 'node:http';
import { onClose } from '../on-close';
import type { RedNode } from '../red';
import { noteUnproven } from '../unproven';

const EVERY_MS = 60_000;

export class RefusalLog {
  private readonly node: RedNode;
  private readonly every: number;
  private more = 0;
  private last = '';
  private timer: NodeJS.Timeout | null = null;

  /** @param every milliseconds between two lines */
  constructor(node: RedNode, every = EVERY_MS) {
    this.node = node;
    this.every = every;
    onClose(node, () => void this.flush());
  }

  /** @param why what the sender is told @param from its address */
  note(why: string, from: string): void {
    noteUnproven(this.node, why);
    const text = `A request from ${from} was refused: ${why}`;
    if (this.timer) {
      this.more += 1;
      this.last = text;
      return;
    }
    this.node.warn(text);
    this.wait();
  }

  private wait(): void {
    this.timer = setTimeout(() => {
      if (this.flush()) this.wait();
    }, this.every);
    this.timer.unref();
  }

  /** @returns whether there was something to tell */
  private flush(): boolean {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (this.more === 0) return false;
    this.node.warn(`${this.more} more requests were refused since then. The last: ${this.last}`);
    this.more = 0;
    return true;
  }
}

/** Where a request came from, as the connection says. */
export function addressOf(req: Pick<IncomingMessage, 'socket'>): string {
  return req.socket?.remoteAddress ?? 'an unknown address';
}
