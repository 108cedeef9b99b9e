/**
 * paradigm sync: pulls one product, all, or what changed since the last time, from the Paradigm API. The next page is
 * read when record stock has committed the one before.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type ApiPage, condition, FIRST_PAGE, type PageStart } from '../../connectors/paradigm/api';
import { skuField } from '../../connectors/paradigm/fields';
import { itemEvents } from '../../connectors/paradigm/items';
import { PARADIGM_SOURCE } from '../../connectors/paradigm/webhook';
import { ConfigError, InvalidInputError, ShelfwireError, toShelfwireError } from '../../core/errors';
import { axiosClient } from '../../core/pushing/axios-client';
import { type Backoff, delayAfter } from '../../core/retrying/backoff';
import { offerTest } from '../../runtime/drafts';
import { onClose } from '../../runtime/on-close';
import { onInput } from '../../runtime/on-input';
import type { Message, NodeDef, RED, RedNode } from '../../runtime/red';
import { inSlices } from '../../runtime/slices';
import { StatusLine } from '../../runtime/status';
import { offerStoreMap } from '../../runtime/store-maps';
import { deliverPage } from './deliver';
import { type Job, Jobs } from './jobs';
import { readSettings, type Settings } from './settings';
import { trySync } from './try';

const BACKOFF: Omit<Backoff, 'attempts'> = { delay: 1, factor: 2, maxDelay: 60, jitter: 0.2 };
/** Pages of real items with all their fields are large. */
const ANSWER_LIMIT = 64 * 1024 * 1024;
/** Paradigm's web server and its database need not agree on the time. */
const OVERLAP_MS = 120_000;

class ParadigmSync {
  private readonly node: RedNode;
  private readonly status: StatusLine;
  private readonly closing = new AbortController();
  private readonly jobs = new Jobs((job) => this.run(job));
  private settings: Settings | null = null;
  private why: Error | null = null;

  constructor(red: RED, node: RedNode, def: NodeDef) {
    this.node = node;
    this.status = new StatusLine(red, node);
    const client = axiosClient({ answerLimit: ANSWER_LIMIT });
    onClose(node, () => {
      this.closing.abort();
      client.close();
    });
    try {
      this.settings = readSettings(red, node, def, client.request);
      offerStoreMap(node, PARADIGM_SOURCE, originOf(this.settings.url), this.settings.stores);
      this.status.show('ready');
    } catch (thrown) {
      this.why = toShelfwireError(thrown);
      this.status.show('config');
      node.error(this.why);
    }
    onInput(node, async (msg) => {
      if (!this.settings) throw this.why ?? new ConfigError('Paradigm sync is not set up.');
      try {
        await this.jobs.ask(jobOf(msg));
      } catch (thrown) {
        // A deploy ends a sync; the next one begins anew.
        if (!this.closing.signal.aborted) throw thrown;
      }
    });
  }

  private async run(job: Job): Promise<void> {
    this.closing.signal.throwIfAborted();
    try {
      const { count, refused } = await this.read(job);
      if (job.kind === 'product' && count + refused === 0)
        throw new ShelfwireError('unknown_product', `Paradigm knows no product ${job.id}. Nothing was changed.`);
      this.status.show(refused > 0 ? 'refused' : 'synced', { count: refused > 0 ? refused : count });
    } catch (thrown) {
      const error = toShelfwireError(thrown);
      if (error.code === 'key_refused') this.status.show('key_refused');
      else if (error instanceof ApiError && error.retryable) this.status.show('not_reachable');
      else this.status.show('failed', { reason: error.code });
      throw error;
    }
  }

  private async read(job: Job): Promise<{ count: number; refused: number }> {
    const settings = this.settings!;
    const filter = await this.filterOf(job);
    const syncId = randomUUID();
    const total = { count: 0, refused: 0 };
    let start: PageStart | null = FIRST_PAGE;
    let before = '';
    let asOf: number | null = null;
    let clockWrong = false;
    while (start) {
      const from: PageStart = start;
      const page = await this.page(from, filter);
      asOf ??= page.asOf;
      const mark = `${page.items.length} ${JSON.stringify([page.items[0], page.items.at(-1)])}`;
      if (page.items.length > 0 && mark === before)
        throw new ApiError(
          'same_page',
          'Paradigm gives the same page again and again. Check the paging in this node.',
          false,
        );
      before = mark;
      const result = await deliverPage({
        sender: PARADIGM_SOURCE,
        raw: { bytes: page.bytes, contentType: 'application/json', origin: originOf(settings.url) },
        simulated: page.simulated,
        content: () =>
          inSlices(itemEvents(page.items, new Date(page.asOf).toISOString(), settings, from.skip, idOf(job))),
        message: { sync: { id: syncId, kind: job.kind, page: from.page } },
        send: (msg) => this.node.send(msg),
        wait: settings.wait,
        attempts: settings.attempts,
        pause: (attempt) =>
          this.pause(delayAfter(attempt, { ...BACKOFF, attempts: settings.attempts }, null, Math.random)),
      });
      total.count += (result?.received ?? 0) - (result?.refused ?? 0);
      total.refused += result?.refused ?? 0;
      clockWrong ||= result?.refusals.some(({ code }) => code === 'in_the_future') ?? false;
      this.status.show('syncing', { count: total.count });
      start = page.next;
    }
    // A clock that is set right changes nothing in Paradigm: what was refused for it has to be read again.
    if (job.kind !== 'product' && asOf !== null && !clockWrong) await this.remember(asOf);
    return total;
  }

  private async page(start: PageStart, filter: string | null): Promise<ApiPage> {
    const { api, attempts } = this.settings!;
    for (let attempt = 1; ; attempt++) {
      try {
        return await api.page(start, filter, this.closing.signal);
      } catch (thrown) {
        this.closing.signal.throwIfAborted();
        if (!(thrown instanceof ApiError) || !thrown.retryable || attempt >= attempts) throw thrown;
        const ms = delayAfter(attempt, { ...BACKOFF, attempts }, thrown.retryAfter, Math.random);
        this.status.show('retrying', { attempt: attempt + 1, seconds: Math.ceil(ms / 1000) });
        await this.pause(ms);
      }
    }
  }

  private pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.closing.signal, ref: false });
  }

  private async filterOf(job: Job): Promise<string | null> {
    const { fields, changedField, ledger, url } = this.settings!;
    if (job.kind === 'product') return condition(skuField(fields), 'Equals', job.id);
    if (job.kind === 'all' || changedField === '' || !ledger) return null;
    const since = await (await ledger.open()).getSetting(settingName(url));
    return since === null ? null : condition(changedField, 'GreatherThanOrEqualTo', since);
  }

  /** Only when everything was stored: what failed is read again the next time. */
  private async remember(asOf: number): Promise<void> {
    const { ledger, url, changedField } = this.settings!;
    if (!ledger || changedField === '') return;
    const since = new Date(asOf - OVERLAP_MS).toISOString().replace(/\.\d+Z$/, 'Z');
    await (await ledger.open()).setSetting(settingName(url), since);
  }
}

/** Where pages come from, as it is kept with those of which something was refused. */
const originOf = (url: string) => new URL(url).pathname;

/** By address and not by node: a flow may be moved or imported anew. Without its query, which may hold a key. */
const settingName = (url: string) => `paradigm-sync.${url.split('?', 1)[0]}.changed-since`;

const idOf = (job: Job) => (job.kind === 'product' ? job.id : undefined);

/** @throws InvalidInputError */
function jobOf(msg: Message): Job {
  const asked = msg.payload as { product_id?: unknown; all?: unknown; changed?: unknown } | null | undefined;
  const id = asked?.product_id;
  if ((typeof id === 'string' && id !== '') || Number.isSafeInteger(id)) return { kind: 'product', id: String(id) };
  if (asked?.all === true) return { kind: 'all' };
  if (asked?.changed === true) return { kind: 'changed' };
  throw new InvalidInputError(
    'what_to_sync',
    'The message does not say what to sync. Send msg.payload {"product_id": "1015AW"}, {"all": true} or {"changed": true}.',
  );
}

export = (red: RED): void => {
  function Node(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    new ParadigmSync(red, this, def);
  }
  offerTest(red, 'shelfwire-paradigm-sync', trySync(red));
  red.nodes.registerType('shelfwire-paradigm-sync', Node, { credentials: { api_key: { type: 'password' } } });
};
