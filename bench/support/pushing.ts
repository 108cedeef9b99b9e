/** Both sides of the comparisons that push to a platform: ours and a bare loop, each with a platform of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entry } from '../../test/support/bundled-flow';
import { PASONS_KEY, SECRETS } from '../../test/support/demo-flow';
import { eventually } from '../../test/support/eventually';
import { tempFolder } from '../../test/support/temp-folder';
import type { BarePush } from './bare-push';
import { type Article, csvOf } from './catalogue';
import { type Child, startChild } from './child';
import { LedgerFile } from './ledger-file';
import type { Arrived } from './platform';
import { type Shelfwire, startShelfwire } from './shelfwire';

/** What the bundled flow has: chunker and outlets. */
const SIZE = 500;
const CONCURRENCY = 2;

export interface Pushed {
  seconds: number;
  requests: number;
}

/** Runs `work` with a platform; it is stopped afterwards. */
async function withPlatform<T>(work: (platform: Child, url: string) => Promise<T>): Promise<T> {
  const platform = startChild(join(__dirname, 'platform.js'), 'load');
  try {
    return await work(platform, `http://127.0.0.1:${await platform.ask<number>('listen')}`);
  } finally {
    await platform.stop();
  }
}

/** From the start of `begin` until the platform has taken every item of the store. @throws when one came twice */
async function timed(platform: Child, store: string, items: number, begin: () => Promise<unknown>): Promise<Pushed> {
  const arrival = platform.ask<Arrived>('expect', store, items);
  const start = process.hrtime.bigint();
  const [{ at, requests, again }] = await Promise.all([arrival, begin()]);
  if (again > 0) throw new Error(`${again} items came twice`);
  return { seconds: Number(BigInt(at) - start) / 1e9, requests };
}

export class OurPush {
  private readonly platform: Child;
  private readonly shelfwire: Shelfwire;
  private readonly ledger: LedgerFile;

  private constructor(platform: Child, shelfwire: Shelfwire) {
    this.platform = platform;
    this.shelfwire = shelfwire;
    this.ledger = new LedgerFile(shelfwire.ledger);
  }

  static run<T>(work: (ours: OurPush) => Promise<T>): Promise<T> {
    return withPlatform(async (platform, pasonsUrl) => {
      const shelfwire = await startShelfwire({
        pasonsUrl,
        change: (flow) => {
          // A bare loop does not wait for more changes either.
          entry(flow, 'shelfwire-changed-stock').linger = 0;
        },
      });
      const ours = new OurPush(platform, shelfwire);
      try {
        return await work(ours);
      } finally {
        ours.ledger.close();
        await shelfwire.stop();
      }
    });
  }

  get pid(): number {
    return this.shelfwire.nodeRed.pid;
  }

  /** The feed is posted as a shop posts it, and pushed by itself. */
  async catalogue(store: string, list: Article[]): Promise<Pushed> {
    const csv = Buffer.from(csvOf(list));
    const pushed = await timed(this.platform, store, list.length, () =>
      this.post(`/api/catalogue/${store}`, 'text/csv', csv),
    );
    await this.settled(store, list.length);
    return pushed;
  }

  async full(store: string, items: number): Promise<Pushed> {
    const pushed = await timed(this.platform, store, items, () =>
      this.post(`/api/push/${store}`, 'application/json', Buffer.from('{"type":"full"}')),
    );
    await this.settled(store, items);
    return pushed;
  }

  /** What the platform took is confirmed in the ledger. */
  private async settled(store: string, items: number): Promise<void> {
    await eventually(() => this.ledger.outlet(store).in_sync === items, 30_000, `${items} items in sync`);
  }

  private async post(path: string, type: string, body: Buffer<ArrayBuffer>): Promise<void> {
    const answer = await fetch(`${this.shelfwire.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': type, Authorization: `Bearer ${SECRETS.token}` },
      body,
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  }
}

export class BareLoop {
  private readonly platform: Child;
  private readonly loop: Child;
  private readonly url: string;
  private readonly folder: string;

  private constructor(platform: Child, loop: Child, url: string, folder: string) {
    this.platform = platform;
    this.loop = loop;
    this.url = url;
    this.folder = folder;
  }

  static run<T>(work: (bare: BareLoop) => Promise<T>): Promise<T> {
    return withPlatform(async (platform, url) => {
      const folder = tempFolder('bench');
      const loop = startChild(join(__dirname, 'bare-push.js'), 'server');
      try {
        return await work(new BareLoop(platform, loop, url, folder.path));
      } finally {
        await loop.stop();
        folder.remove();
      }
    });
  }

  get pid(): number {
    return this.loop.pid;
  }

  catalogue(store: string, list: Article[]): Promise<Pushed> {
    const file = this.write(store, list);
    return timed(this.platform, store, list.length, () => this.loop.ask('catalogue', file, this.options(store)));
  }

  hold(store: string, list: Article[]): Promise<void> {
    return this.loop.ask('hold', this.write(store, list));
  }

  full(store: string, items: number): Promise<Pushed> {
    return timed(this.platform, store, items, () => this.loop.ask('push', this.options(store)));
  }

  private write(store: string, list: Article[]): string {
    const file = join(this.folder, `${store}.csv`);
    writeFileSync(file, csvOf(list));
    return file;
  }

  private options(store: string): BarePush {
    return { url: `${this.url}/v1/inventory/${store}`, key: PASONS_KEY, size: SIZE, concurrency: CONCURRENCY };
  }
}
