/**
 * Lets a bounded number of messages (and bytes) in at once and makes the rest wait, sender by sender in turn, so that
 * one device that empties a long backlog does not shut out the others. Nothing is thrown away: who waits holds back its
 * own socket.
 */
export interface GateLimits {
  /** Messages in flight in all. */
  count: number;
  /** Bytes in flight in all; a single larger message passes when it is alone. */
  bytes: number;
  /** Messages in flight of one sender. */
  perSender: number;
}

interface Waiting {
  bytes: number;
  start: (leave: () => void) => void;
}

interface Sender {
  inFlight: number;
  queue: Waiting[];
}

export class FairGate {
  private readonly limits: GateLimits;
  private readonly senders = new Map<object, Sender>();
  /** Senders that have something waiting, in the order of their next turn. */
  private readonly turn = new Set<object>();
  private count = 0;
  private bytes = 0;
  private pumping = false;

  constructor(limits: GateLimits) {
    this.limits = limits;
  }

  get inFlight(): number {
    return this.count;
  }

  /** Calls `start` when there is room, at once if possible; `leave` must be called once when the message is done. */
  enter(sender: object, bytes: number, start: (leave: () => void) => void): void {
    let entry = this.senders.get(sender);
    if (!entry) {
      entry = { inFlight: 0, queue: [] };
      this.senders.set(sender, entry);
    }
    entry.queue.push({ bytes, start });
    this.turn.add(sender);
    this.pump();
  }

  /** The sender is gone: what it has waiting is dropped unseen (it will send it again). */
  forget(sender: object): void {
    const entry = this.senders.get(sender);
    if (!entry) return;
    entry.queue = [];
    this.turn.delete(sender);
    if (entry.inFlight === 0) this.senders.delete(sender);
  }

  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    for (;;) {
      const sender = this.next();
      if (!sender) break;
      this.startOne(sender);
    }
    this.pumping = false;
  }

  private next(): object | undefined {
    if (this.count >= this.limits.count) return undefined;
    for (const sender of this.turn) {
      const { inFlight, queue } = this.senders.get(sender)!;
      if (inFlight >= this.limits.perSender) continue;
      if (this.count > 0 && this.bytes + queue[0]!.bytes > this.limits.bytes) return undefined;
      return sender;
    }
    return undefined;
  }

  private startOne(sender: object): void {
    const entry = this.senders.get(sender)!;
    const { bytes, start } = entry.queue.shift()!;
    this.turn.delete(sender);
    if (entry.queue.length > 0) this.turn.add(sender);
    entry.inFlight += 1;
    this.count += 1;
    this.bytes += bytes;
    let left = false;
    start(() => {
      if (left) return;
      left = true;
      entry.inFlight -= 1;
      this.count -= 1;
      this.bytes -= bytes;
      if (entry.inFlight === 0 && entry.queue.length === 0 && this.senders.get(sender) === entry)
        this.senders.delete(sender);
      this.pump();
    });
  }
}
