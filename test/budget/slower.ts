/** Ways to make the product slower on purpose, which show that the budgets would tell. */
import { Database } from '../../core/ledger/sqlite/database';
import type { Call } from '../../core/ledger/sqlite/engine';
import { LedgerThread } from '../../core/ledger/sqlite/thread';

export const SLOWER: Record<string, () => void> = {
  /** Every write reads something first. */
  'a statement more': () => {
    const run = Database.prototype.run;
    Database.prototype.run = function (this: Database, ...args) {
      this.get('SELECT 1 AS one');
      return run.apply(this, args);
    };
  },
  /** Before it is taken, something that no index answers is asked of all items. */
  'a scan more': () => {
    const get = Database.prototype.get;
    Database.prototype.get = function (this: Database, sql, ...values) {
      if (sql.includes('FROM leases')) this.all("SELECT item FROM outlet_items WHERE c_price = 'none'");
      return get.call(this, sql, ...values);
    };
  },
  /** What goes to the ledger's thread is copied once more, as Node-RED copies a message for a second wire. */
  'a copy more': () => {
    const { util } = require('@node-red/util') as { util: { cloneMessage<T>(message: T): T } };
    const post = LedgerThread.prototype.post;
    LedgerThread.prototype.post = function (this: LedgerThread, calls: Call[]) {
      post.call(this, util.cloneMessage(calls));
    };
  },
};
