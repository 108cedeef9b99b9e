/** Items: type a SKU and see why its number is what it is; or all items of an outlet that are in one state. */
import type { FoundItem, ItemRow } from '../../../core/ledger/ledger';
import type { OfLedger } from '../../../runtime/admin/types';
import { get } from '../api';
import { button, complain } from '../controls';
import { fill, h } from '../dom';
import { PagedList } from '../paged';
import type { View } from '../view';
import { _, ago, isRightToLeft, reasonOf } from '../words';
import { ItemStoryPane } from './item-story';

const PAGE = 50;

interface Filter {
  outlet: string;
  /** Of the outlet, as people call it. */
  name: string;
  state: string;
}

export function itemsView(): View {
  const search = h('input', {
    type: 'search',
    class: 'shelfwire-search',
    placeholder: _('items.search'),
    'aria-label': _('items.search'),
    oninput: () => void find().catch(complain),
  });
  const found = h('ul', { class: 'shelfwire-list', 'aria-label': _('items.found') });
  const body = h('div', {});
  const none = h('p', { class: 'shelfwire-empty' }, _('items.start'));
  let story: ItemStoryPane | null = null;
  let list: PagedList<ItemRow & OfLedger> | null = null;
  /** The list that a story was opened from. */
  let behind: Filter | null = null;
  /** What was searched for before something else was opened is not shown any more. */
  let turn = 0;

  async function find(): Promise<void> {
    turn += 1;
    const mine = turn;
    const text = search.value.trim();
    const items = text === '' ? [] : (await get<{ items: (FoundItem & OfLedger)[] }>('search', { text })).items;
    if (mine !== turn) return;
    story = null;
    list = null;
    behind = null;
    fill(
      found,
      ...items.map(({ store_id, sku, quantity, selling_price, ledger }) =>
        h(
          'li',
          { class: 'shelfwire-row' },
          h(
            'button',
            { type: 'button', class: 'shelfwire-head shelfwire-opener', onclick: () => show(store_id, sku, ledger) },
            h('bdi', { class: 'shelfwire-name' }, sku),
            h(
              'span',
              { class: 'shelfwire-quiet' },
              _('items.inStore', { store: store_id, quantity: quantity ?? '–', price: selling_price ?? '–' }),
            ),
          ),
        ),
      ),
    );
    fill(
      body,
      items.length === 0 &&
        h('p', { class: 'shelfwire-empty' }, text === '' ? _('items.start') : _('items.nothing', { text })),
    );
  }

  function show(storeId: string, sku: string, ledger = ''): void {
    turn += 1;
    search.value = sku;
    fill(found);
    list = null;
    story = new ItemStoryPane(storeId, sku, ledger);
    fill(
      body,
      behind !== null &&
        h(
          'div',
          { class: 'shelfwire-back' },
          button(_('items.back'), goBack, { icon: isRightToLeft() ? 'chevron-right' : 'chevron-left' }),
        ),
      story.element,
    );
    void story.refresh().catch(complain);
  }

  function goBack(): void {
    if (behind) filter(behind);
    else if (story) search.focus();
  }

  function filter(wanted: Filter): void {
    turn += 1;
    behind = wanted;
    search.value = '';
    fill(found);
    story = null;
    list = itemList(wanted, show);
    fill(
      body,
      h(
        'p',
        { class: 'shelfwire-filter' },
        _('items.filtered', { state: _(`state.${wanted.state}.label`), outlet: wanted.name }),
      ),
      list.element,
    );
    void list.refresh(true).catch(complain);
  }

  fill(body, none);
  return {
    id: 'items',
    icon: 'barcode',
    topics: ['outlets', 'incoming'],
    element: h('div', {}, search, found, body),
    back: goBack,
    async refresh() {
      await story?.refresh();
      await list?.refresh();
    },
    open({ store, sku, ledger, outlet, name = outlet, state }) {
      behind = null;
      if (store !== undefined && sku !== undefined) show(store, sku, ledger);
      else if (outlet !== undefined && state !== undefined) filter({ outlet, name: name!, state });
    },
  };
}

function itemList(
  { outlet, state }: Omit<Filter, 'name'>,
  show: (storeId: string, sku: string, ledger?: string) => void,
): PagedList<ItemRow & OfLedger> {
  return new PagedList<ItemRow & OfLedger>({
    label: _('tab.items'),
    empty: _('items.noneInState'),
    keyOf: (item) => `${item.outlet} ${item.sku}`,
    read: async (cursor) => {
      const page = await get<{ items: (ItemRow & OfLedger)[]; cursor: string | null }>('items', {
        outlet,
        state,
        limit: PAGE,
        cursor,
      });
      return { rows: page.items, cursor: page.cursor };
    },
    row: (first) => {
      const values = h('span', { class: 'shelfwire-quiet' });
      const reason = h('div', { class: 'shelfwire-trouble' });
      const update = (item: ItemRow) => {
        values.textContent = [item.selling_price, item.quantity, item.changed_at === null ? null : ago(item.changed_at)]
          .filter((text) => text !== null && text !== undefined)
          .join(' · ');
        const why = reasonOf(item.reason_code, item.reason);
        reason.hidden = why === null;
        reason.textContent = why ?? '';
      };
      update(first);
      const element = h(
        'li',
        { class: 'shelfwire-row' },
        h(
          'button',
          {
            type: 'button',
            class: 'shelfwire-head shelfwire-opener',
            onclick: () => show(first.store_id, first.sku, first.ledger),
          },
          h('bdi', { class: 'shelfwire-name' }, first.sku),
          values,
        ),
        reason,
      );
      return { element, update };
    },
  });
}
