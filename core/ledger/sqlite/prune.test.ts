import assert from 'node:assert/strict';
import { join } from 'node:path';
import { outlet } from '../../../test/conformance/bench';
import { type TempFolder, tempFolder } from '../../../test/support/temp-folder';
import { Context, clockFrom } from './context';
import { defineOutlets } from './outlets';
import { prune } from './prune';
import { insertPush } from './pushes';

const DAY_MS = 86_400_000;

describe('sqlite: what is too old', () => {
  let folder: TempFolder;
  let ctx: Context;

  beforeEach(() => {
    folder = tempFolder('prune');
    ctx = new Context(join(folder.path, 'ledger.db'), 'live', clockFrom(Date.now()));
  });
  afterEach(() => {
    ctx.db.close();
    folder.remove();
  });

  it('goes, however many pushes came after one that is not over', () => {
    ctx.transaction(() => {
      defineOutlets(ctx, 'pasons', [outlet()]);
      const start = { type: 'partial', trigger: 'manual', created_by: 'user:test' } as const;
      const push = () => insertPush(ctx, ctx.outletNamed('pasons:1'), start);
      const running = push();
      // Its request was not answered, and its outlet is paused.
      const open = push();
      ctx.db.run(
        `INSERT INTO chunks (id, push, outlet, endpoint, mapping, key, body, items, item_count, timeout, attempts, status, started_at, sent_at)
         VALUES ('c', ?, 1, 1, 'none', 'k', x'', '[]', 0, 1, 1, 'unknown', 0, 0)`,
        open,
      );
      const long = push();
      ctx.db.run('UPDATE pushes SET seq = seq + 1000000 WHERE seq = ?', long);
      ctx.db.run('UPDATE pushes SET finished_at = ? WHERE seq <> ?', ctx.now() - 100 * DAY_MS, running);
      assert.equal(prune(ctx, 90), 1);
      const left = ctx.db.all('SELECT seq FROM pushes ORDER BY seq').map(({ seq }) => seq);
      assert.deepEqual(left, [running, open]);
    });
  });
});
