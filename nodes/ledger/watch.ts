/** Says what becomes of the ledger: in the log once each time it changes, in the node's status as long as it lasts. */
import { toShelfwireError } from '../../core/errors';
import { lowDiskText } from '../../core/ledger/disk-space';
import type { Ledger } from '../../core/ledger/ledger';
import { tellNewsOf } from '../../runtime/admin/news';
import { diskOf, forgetDisk } from '../../runtime/disk';
import { KnownLedgers } from '../../runtime/known-ledgers';
import type { LedgerNode } from '../../runtime/ledgers';
import { acquireLedger, releaseLedger } from '../../runtime/open-ledgers';
import type { RED } from '../../runtime/red';
import { StatusLine, storageStatus } from '../../runtime/status';

const LOOK_EVERY_MS = 60_000;

export class LedgerWatch {
  private readonly red: RED;
  private readonly node: LedgerNode;
  private readonly file: string;
  private readonly held: ReturnType<typeof acquireLedger>;
  private readonly status: StatusLine;
  private readonly timer: NodeJS.Timeout;
  /** Code of what was said last; null = all is well. */
  private told: string | null = null;
  private toldLow = false;
  private heard: Ledger | null = null;
  private closed = false;

  constructor(red: RED, node: LedgerNode, file: string) {
    this.red = red;
    this.node = node;
    this.file = file;
    this.held = acquireLedger(file, new KnownLedgers(red.settings.userDir));
    this.status = new StatusLine(red, node);
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.timer.unref();
    this.open().catch(() => undefined);
  }

  current(): Ledger | null {
    return this.held.current();
  }

  async open(): Promise<Ledger> {
    try {
      const ledger = await this.held.open();
      tellNewsOf(this.red, ledger);
      this.listen(ledger);
      return ledger;
    } catch (thrown) {
      this.failed(thrown);
      throw thrown;
    }
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    this.heard?.off('interrupted', this.failed);
    this.heard?.off('resumed', this.resumed);
    if (releaseLedger(this.file)) forgetDisk(this.file);
  }

  private listen(ledger: Ledger): void {
    if (this.closed || this.heard === ledger) return;
    this.heard = ledger;
    ledger.on('interrupted', this.failed);
    ledger.on('resumed', this.resumed);
    if (ledger.info.held) this.node.warn(ledger.info.held);
    this.resumed();
  }

  private readonly failed = (thrown: unknown): void => {
    const error = toShelfwireError(thrown);
    this.status.show(storageStatus(error.code));
    if (this.told !== error.code) this.node.error(error.message);
    this.told = error.code;
  };

  private readonly resumed = (): void => {
    if (this.told !== null) this.node.log('The ledger is open now; changes are stored.');
    this.told = null;
    void this.look();
  };

  /** What still works but should be known. */
  private async look(): Promise<void> {
    const disk = await diskOf(this.file).look();
    const outlets =
      (await this.current()
        ?.outlets()
        .catch(() => null)) ?? [];
    if (this.closed) return;
    if (disk?.low && !this.toldLow) this.node.warn(lowDiskText(this.file, disk));
    if (disk && !disk.low && this.toldLow) this.node.log('The disk of the ledger has room again.');
    if (disk) this.toldLow = disk.low;
    if (this.told !== null) return;
    if (disk?.low) this.status.show('disk_low', { percent: disk.free_percent });
    else if (outlets.some((outlet) => outlet.paused_by === 'restore')) this.status.show('ledger_old');
    else this.status.show('ready');
  }
}
