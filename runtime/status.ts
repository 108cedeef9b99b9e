/**
 * The one table of what a node can show. Texts come from `runtime/locales/<language>/common.json` (the build merges it
 * into every node's catalogue) and stay under about 20 characters. Updates are throttled: Status nodes receive each one.
 */
import type { NodeStatus, RED, RedNode } from './red';

const TABLE = {
  ready: { fill: 'green', shape: 'ring' },
  listening: { fill: 'green', shape: 'dot' },
  connecting: { fill: 'yellow', shape: 'ring' },
  disconnected: { fill: 'red', shape: 'ring' },
  broker_refuses: { fill: 'red', shape: 'ring' },
  received: { fill: 'green', shape: 'dot' },
  devices_connected: { fill: 'green', shape: 'dot' },
  devices_silent: { fill: 'yellow', shape: 'ring' },
  devices_dead: { fill: 'red', shape: 'ring' },
  devices_clock: { fill: 'yellow', shape: 'ring' },
  recorded: { fill: 'green', shape: 'dot' },
  verified: { fill: 'green', shape: 'dot' },
  verified_previous: { fill: 'yellow', shape: 'dot' },
  rejected: { fill: 'red', shape: 'ring' },
  syncing: { fill: 'blue', shape: 'dot' },
  synced: { fill: 'green', shape: 'dot' },
  refused: { fill: 'yellow', shape: 'ring' },
  mapped: { fill: 'green', shape: 'dot' },
  chunked: { fill: 'green', shape: 'dot' },
  oversize: { fill: 'yellow', shape: 'ring' },
  waiting: { fill: 'blue', shape: 'ring' },
  sending: { fill: 'blue', shape: 'dot' },
  accepted: { fill: 'green', shape: 'dot' },
  in_sync: { fill: 'green', shape: 'dot' },
  retrying: { fill: 'yellow', shape: 'ring' },
  gave_up: { fill: 'red', shape: 'dot' },
  failed: { fill: 'red', shape: 'dot' },
  not_reachable: { fill: 'red', shape: 'ring' },
  key_refused: { fill: 'red', shape: 'ring' },
  fault: { fill: 'red', shape: 'ring' },
  paused: { fill: 'grey', shape: 'ring' },
  held: { fill: 'grey', shape: 'ring' },
  overloaded: { fill: 'red', shape: 'ring' },
  storage: { fill: 'red', shape: 'dot' },
  disk_full: { fill: 'red', shape: 'dot' },
  disk_failed: { fill: 'red', shape: 'dot' },
  read_only: { fill: 'red', shape: 'dot' },
  ledger_corrupt: { fill: 'red', shape: 'dot' },
  ledger_gone: { fill: 'red', shape: 'dot' },
  ledger_newer: { fill: 'red', shape: 'dot' },
  not_a_ledger: { fill: 'red', shape: 'dot' },
  ledger_in_use: { fill: 'red', shape: 'dot' },
  disk_low: { fill: 'yellow', shape: 'dot' },
  ledger_old: { fill: 'yellow', shape: 'dot' },
  config: { fill: 'red', shape: 'dot' },
  unset: { fill: 'red', shape: 'dot' },
  problems: { fill: 'yellow', shape: 'dot' },
  no_problems: { fill: 'green', shape: 'ring' },
  idle: { fill: 'grey', shape: 'ring' },
} as const satisfies Record<string, NodeStatus>;

export type StatusName = keyof typeof TABLE;

/** What a node shows whose ledger cannot store: in words where there are some for the reason. */
export function storageStatus(code: string): StatusName {
  return code in TABLE ? (code as StatusName) : 'storage';
}

const THROTTLE_MS = 500;

export class StatusLine {
  private readonly red: RED;
  private readonly node: RedNode;
  private last = Number.NEGATIVE_INFINITY;
  private pending: { name: StatusName; values: Record<string, unknown> } | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(red: RED, node: RedNode) {
    this.red = red;
    this.node = node;
    node.on('close', (_removed: boolean, done: () => void) => {
      if (this.timer) clearTimeout(this.timer);
      this.timer = null;
      done();
    });
  }

  /** Shows a row of the table; `values` fill the text's placeholders (`__count__`). The latest of several wins. */
  show(name: StatusName, values: Record<string, unknown> = {}): void {
    // Put into words only when it is shown: that costs more than a stock event.
    this.pending = { name, values };
    const wait = this.last + THROTTLE_MS - performance.now();
    if (wait <= 0) this.flush();
    else if (!this.timer) {
      this.timer = setTimeout(() => this.flush(), wait);
      this.timer.unref();
    }
  }

  private flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (!this.pending) return;
    const { name, values } = this.pending;
    this.pending = null;
    this.last = performance.now();
    this.node.status({ ...TABLE[name], text: this.red._(`status.${name}`, values) });
  }
}
