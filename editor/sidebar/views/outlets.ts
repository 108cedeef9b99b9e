/** Outlets: one row each, a new branch, and those that are closed. */
import type { OutletRow } from '../../../runtime/admin/outlets';
import { get } from '../api';
import { h, KeyedList } from '../dom';
import { fold } from '../fold';
import { Refresher } from '../live';
import type { Go, View } from '../view';
import { _, count } from '../words';
import { addOutlet } from './add-outlet';
import { outletRow } from './outlet-row';

/** With more rows than this there is a field to search in. */
const MANY = 8;

export function outletsView(go: Go): View {
  let all: OutletRow[] = [];
  const refresher = new Refresher(async () => {
    all = await get<OutletRow[]>('outlets');
    draw();
  });
  const refresh = () => refresher.run();
  const rows = (label: string) =>
    new KeyedList<OutletRow>(
      h('ul', { class: 'shelfwire-list', 'aria-label': label }),
      ({ id }) => id,
      (outlet) => outletRow(outlet, go, refresh),
    );
  const list = rows(_('tab.outlets'));
  const closed = rows(_('outlets.closed'));
  const closedFold = fold([_('outlets.closed')], [closed.element]);
  const search = h('input', {
    type: 'search',
    placeholder: _('outlets.search'),
    'aria-label': _('outlets.search'),
    hidden: true,
    oninput: () => draw(),
  });
  const empty = h('p', { class: 'shelfwire-empty', hidden: true }, _('outlets.empty'));

  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    search.hidden = all.length <= MANY;
    empty.hidden = all.length > 0;
    const found = all.filter(({ name, store_id }) => `${name} ${store_id}`.toLowerCase().includes(wanted));
    list.show(found.filter(({ settings }) => !settings?.closed));
    const gone = found.filter(({ settings }) => settings?.closed);
    closed.show(gone);
    closedFold.element.hidden = gone.length === 0;
    closedFold.title(`${_('outlets.closed')} (${count(gone.length)})`);
  };
  return {
    id: 'outlets',
    icon: 'shopping-basket',
    topics: ['outlets'],
    element: h('div', {}, search, empty, list.element, closedFold.element, addOutlet(refresh)),
    refresh,
  };
}
