/** Everything known of one item in one store: what it is now, what each platform has, and how it came about. */
import type { ItemStory } from '../../../core/ledger/ledger';
import { get, piece, post } from '../api';
import { button, tell } from '../controls';
import { fill, h } from '../dom';
import { inStock, valuesText } from '../values';
import { _, count, moment, reasonOf, textOr } from '../words';

interface Step {
  at: string;
  element: HTMLElement;
}

export class ItemStoryPane {
  readonly element = h('div', { class: 'shelfwire-story' });
  private readonly storeId: string;
  private readonly sku: string;
  /** '' = the one that there is. */
  private readonly ledger: string;

  constructor(storeId: string, sku: string, ledger: string) {
    this.storeId = storeId;
    this.sku = sku;
    this.ledger = ledger;
  }

  private get path(): string {
    return `items/${piece(this.storeId)}/${piece(this.sku)}`;
  }

  async refresh(): Promise<void> {
    const story = await get<ItemStory>(this.path, { ledger: this.ledger });
    fill(
      this.element,
      h('h3', {}, h('bdi', {}, story.sku)),
      h('p', { class: 'shelfwire-quiet' }, _('story.store', { store: story.store_id })),
      currentValues(story),
      ...story.outlets.map(outletValues),
      h(
        'div',
        { class: 'shelfwire-actions' },
        button(
          _('story.sendAgain'),
          async () => {
            await post(`${this.path}/send`);
            tell(_('story.sentAgain', { sku: this.sku }));
          },
          { icon: 'cloud-upload', write: true },
        ),
      ),
      h('h4', {}, _('story.title')),
      h('ol', { class: 'shelfwire-steps' }, ...steps(story).map(({ element }) => element)),
    );
  }
}

function table(rows: [name: string, value: string | null, note: string][]): HTMLElement {
  return h(
    'table',
    {},
    h(
      'tbody',
      {},
      ...rows.map(([name, value, note]) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, name),
          h('td', {}, h('bdi', {}, value ?? '–')),
          h('td', { class: 'shelfwire-quiet' }, note),
        ),
      ),
    ),
  );
}

function currentValues(story: ItemStory): HTMLElement {
  const pending = story.pending_movements > 0 ? _('story.pending', { count: count(story.pending_movements) }) : '';
  return table([
    [_('field.quantity'), story.quantity, pending || moment(story.quantity_at)],
    [_('field.selling_price'), story.selling_price, moment(story.price_at)],
    [
      _('field.stock_status'),
      story.stock_status === null ? null : inStock(story.stock_status),
      overruled(story) ? _('story.overruled', { when: moment(story.status_at) }) : moment(story.status_at),
    ],
  ]);
}

/** Whether a count came later than what was told of being in stock: then the count decides. */
const overruled = ({ quantity_at, status_at }: ItemStory): boolean =>
  quantity_at !== null && status_at !== null && Date.parse(quantity_at) > Date.parse(status_at);

/** Of `<platform>:<store_id>`: the store is in the heading. */
const platformOf = (outlet: string): string => outlet.split(':')[0]!;

function outletValues(outlet: ItemStory['outlets'][number]): HTMLElement {
  const why = reasonOf(outlet.reason_code, outlet.reason);
  return h(
    'section',
    { class: 'shelfwire-reason' },
    h('h4', {}, `${platformOf(outlet.outlet)}: ${_(`state.${outlet.state}.label`)}`),
    why !== null && h('p', { class: 'shelfwire-trouble' }, why),
    table([
      [_('story.wanted'), outlet.wanted && valuesText(outlet.wanted), ''],
      [_('story.sent'), outlet.sent && valuesText(outlet.sent), ''],
      [_('story.confirmed'), outlet.confirmed && valuesText(outlet.confirmed), moment(outlet.confirmed_at)],
    ]),
  );
}

/** Newest first: who told what, and what was sent and answered because of it. */
function steps(story: ItemStory): Step[] {
  const told = story.events.map((event): Step => {
    return step(event.received_at, event.outcome === 'accepted' ? 'in' : 'stale', [
      h('div', {}, h('b', {}, valuesText(event) || '–'), ' ', event.outcome === 'accepted' ? null : _('story.stale')),
      h(
        'div',
        { class: 'shelfwire-quiet' },
        [event.sender, event.event_type, event.reference_id, event.device_id].filter(Boolean).join(' · '),
      ),
      h('div', { class: 'shelfwire-quiet' }, _('story.occurred', { when: moment(event.occurred_at ?? null) })),
    ]);
  });
  const sent = story.outlets.flatMap(({ outlet, sends }) =>
    sends.map(
      (send): Step =>
        step(send.at, `out-${send.outcome}`, [
          h(
            'div',
            {},
            h('b', {}, _('story.sentTo', { outlet: platformOf(outlet) })),
            ' ',
            textOr(`outcome.${send.outcome}`, send.outcome),
          ),
          h('code', { dir: 'ltr' }, send.mapped ?? valuesText(send.values)),
          send.response_code !== null &&
            h('div', { class: 'shelfwire-quiet' }, _('story.answered', { code: String(send.response_code) })),
        ]),
    ),
  );
  return [...told, ...sent].sort((a, b) => (a.at < b.at ? 1 : -1));
}

function step(at: string, kind: string, content: (HTMLElement | false)[]): Step {
  return {
    at,
    element: h(
      'li',
      { class: `shelfwire-step shelfwire-step-${kind}` },
      h('time', { class: 'shelfwire-quiet', datetime: at }, moment(at)),
      ...content,
    ),
  };
}
