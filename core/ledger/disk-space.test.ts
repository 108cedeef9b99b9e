import assert from 'node:assert/strict';
import { DiskWatch, lowDiskText } from './disk-space';

describe('room on the disk', () => {
  const disk = (free: number, reserved = 0) => ({ bsize: 4096, blocks: 1000, bfree: free + reserved, bavail: free });

  it('is low under 10 % of what we may use, and well again from 11 % on', async () => {
    let now = 0;
    let figures = disk(0);
    const watch = new DiskWatch(
      async () => figures,
      () => now,
    );
    const low = async (free: number) => {
      figures = disk(free);
      now += 60_000;
      return (await watch.look())!.low;
    };
    assert.deepEqual(
      [await low(100), await low(99), await low(105), await low(110), await low(105), await low(0)],
      [false, true, true, false, false, true],
    );
  });
  it('what is kept for the administrator is not ours, as df counts it', async () => {
    const watch = new DiskWatch(
      async () => disk(95, 50),
      () => 0,
    );
    assert.deepEqual(await watch.look(), { free_bytes: 95 * 4096, free_percent: 10, low: false });
  });
  it('is asked for at most every half minute', async () => {
    let asked = 0;
    let now = 0;
    const watch = new DiskWatch(
      async () => {
        asked += 1;
        return disk(500);
      },
      () => now,
    );
    for (now = 0; now < 60_000; now += 1000) await watch.look();
    assert.equal(asked, 2);
  });
  it('a system that does not tell is no trouble', async () => {
    for (const statfs of [
      async () => Promise.reject(new Error('ENOSYS')),
      async () => ({ ...disk(0), blocks: 0, bfree: 0 }),
    ])
      assert.equal(await new DiskWatch(statfs, () => 0).look(), null);
  });
  it('the text says how much, what follows and what to do', () => {
    assert.match(
      lowDiskText('/data/ledger.db', { free_bytes: 1_260_000_000, free_percent: 7.2, low: true }),
      /\/data\/ledger\.db has only 7\.2 % \(1\.3 GB\) free\. Nothing is lost.*make room/,
    );
  });
});
