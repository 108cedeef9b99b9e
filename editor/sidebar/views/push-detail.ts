/** One push in full: how far it is, its requests with their answers, what was refused and why. */
import type { ChunkRecord, PushRecord } from '../../../core/ledger/ledger';
import type { OfLedger } from '../../../runtime/admin/types';
import { download, get, piece, post } from '../api';
import { button, complain, tell } from '../controls';
import { fill, h } from '../dom';
import { Refresher } from '../live';
import type { Go } from '../view';
import { _, count, lasting, moment } from '../words';

type Push = Omit<PushRecord, 'chunks'> & { chunks: ChunkRecord[]; to_do: number } & OfLedger;
type Refused = ChunkRecord['refused'][number];

/** Of a long list the first are shown; the file has all. */
const SHOWN = 20;

export class PushDetail {
  readonly element = h('div', {});
  private readonly id: string;
  private readonly go: Go;
  /** Kept here, since what is shown is drawn anew while the push runs. */
  private readonly selected = new Set<string>();
  private readonly refresher = new Refresher(() => this.read());

  constructor(id: string, go: Go) {
    this.id = id;
    this.go = go;
  }

  refresh(): Promise<void> {
    return this.refresher.run().catch(complain);
  }

  private async read(): Promise<void> {
    this.draw(await get<Push>(`pushes/${piece(this.id)}`));
  }

  private draw(push: Push): void {
    const refused = push.chunks.flatMap((chunk) => chunk.refused);
    fill(
      this.element,
      this.progress(push),
      h(
        'p',
        { class: 'shelfwire-quiet' },
        push.finished_at === null
          ? _('push.startedAt', { when: moment(push.started_at) })
          : _('push.fromTo', { from: moment(push.started_at), to: moment(push.finished_at) }),
      ),
      ...byReason(refused).map(([code, items]) => this.reason(push, code, items)),
      ...push.chunks.slice(0, SHOWN).map((chunk, index) => this.chunk(chunk, index)),
      push.chunks.length > SHOWN &&
        h('p', { class: 'shelfwire-quiet' }, _('push.moreRequests', { count: count(push.chunks.length - SHOWN) })),
      h(
        'div',
        { class: 'shelfwire-actions' },
        refused.length > 0 && button(_('push.retryAll'), () => this.retry({}), { icon: 'repeat', write: true }),
        button(_('push.export'), () => download(`pushes/${piece(this.id)}/items.csv`, `push-${this.id}.csv`), {
          icon: 'download',
        }),
      ),
    );
  }

  /** Requests done, items, and how long it will take at the speed so far. */
  private progress(push: Push): HTMLElement | null {
    if (push.status !== 'running') return null;
    const done = push.confirmed + push.refused;
    const all = Math.max(done + push.to_do, push.item_count);
    const seconds = (Date.now() - Date.parse(push.started_at)) / 1000;
    const left = done > 0 ? ((all - done) * seconds) / done : null;
    const requests = push.chunks.filter(({ status }) => status === 'accepted').length;
    return h(
      'div',
      { class: 'shelfwire-progress' },
      h('progress', { max: all || 1, value: done, 'aria-label': _('push.progress') }),
      h(
        'div',
        { class: 'shelfwire-quiet' },
        [
          _('push.done', { done: count(done), all: count(all) }),
          _('push.requests', { count: count(requests) }),
          left === null ? '' : _('push.left', { time: lasting(left) }),
        ]
          .filter(Boolean)
          .join(' · '),
      ),
    );
  }

  private reason(push: Push, code: string, items: Refused[]): HTMLElement {
    const box = (sku: string) =>
      h('input', {
        type: 'checkbox',
        'aria-label': sku,
        checked: this.selected.has(sku),
        onchange: () => void (this.selected.delete(sku) || this.selected.add(sku)),
      });
    return h(
      'section',
      { class: 'shelfwire-reason' },
      h('h4', {}, _('push.reason', { count: count(items.length), code })),
      h('p', { class: 'shelfwire-trouble' }, items[0]!.message),
      h(
        'ul',
        { class: 'shelfwire-skus' },
        ...items.slice(0, SHOWN).map(({ sku }) =>
          h(
            'li',
            {},
            box(sku),
            h(
              'button',
              {
                type: 'button',
                class: 'shelfwire-link',
                onclick: () => this.go('items', { store: push.store_id, sku, ledger: push.ledger ?? '' }),
              },
              h('bdi', {}, sku),
            ),
          ),
        ),
        items.length > SHOWN &&
          h('li', { class: 'shelfwire-quiet' }, _('push.moreItems', { count: count(items.length - SHOWN) })),
      ),
      h(
        'div',
        { class: 'shelfwire-actions' },
        button(
          _('push.retrySelected'),
          () => {
            const skus = items.map(({ sku }) => sku).filter((sku) => this.selected.has(sku));
            if (skus.length === 0) throw new Error(_('push.noneSelected'));
            return this.retry({ skus });
          },
          { write: true },
        ),
        button(_('push.retryReason'), () => this.retry({ code }), { write: true }),
      ),
    );
  }

  private chunk(chunk: ChunkRecord, index: number): HTMLElement {
    const byHand = h('pre', { class: 'shelfwire-exchange', dir: 'ltr', tabindex: '0', hidden: true });
    return h(
      'section',
      { class: 'shelfwire-request' },
      h(
        'div',
        {},
        h('b', {}, _('push.request', { number: count(index + 1) })),
        ' ',
        h('span', { class: `shelfwire-pill shelfwire-chunk-${chunk.status}` }, _(`chunk.${chunk.status}`)),
      ),
      h(
        'div',
        { class: 'shelfwire-quiet' },
        [
          _('push.items', { count: count(chunk.item_count) }),
          chunk.response_code === null ? '' : String(chunk.response_code),
          chunk.duration_ms === null ? '' : `${count(chunk.duration_ms)} ms`,
          chunk.attempts > 1 ? _('push.attempts', { count: count(chunk.attempts) }) : '',
        ]
          .filter(Boolean)
          .join(' · '),
      ),
      chunk.response_message !== null && h('div', { class: 'shelfwire-answer' }, chunk.response_message),
      h(
        'div',
        { class: 'shelfwire-actions' },
        button(
          _('push.curl'),
          async () => {
            const { curl } = await get<{ curl: string }>(`requests/${piece(chunk.id)}/curl`);
            // Where the browser refuses (no HTTPS, the press too long ago) it can be copied by hand.
            const copied = RED.clipboard.copyText(curl);
            byHand.hidden = copied;
            byHand.textContent = curl;
            if (copied) tell(_('push.curlCopied'));
            else getSelection()?.selectAllChildren(byHand);
          },
          { icon: 'clipboard' },
        ),
      ),
      byHand,
    );
  }

  private async retry(what: { skus?: string[]; code?: string }): Promise<void> {
    const { items } = await post<{ items: number }>(`pushes/${piece(this.id)}/retry`, what);
    tell(
      items > 0 ? _('push.retried', { count: count(items) }) : _('push.nothingToRetry'),
      items > 0 ? 'success' : 'warning',
    );
    await this.refresh();
  }
}

function byReason(refused: Refused[]): [code: string, items: Refused[]][] {
  const groups = new Map<string, Refused[]>();
  for (const item of refused) groups.set(item.code, [...(groups.get(item.code) ?? []), item]);
  return [...groups].sort(([, a], [, b]) => b.length - a.length);
}
