/** Outlets: one row each, with what stands where, and what can be done about it. */
import type { ItemState, OutletSummary } from '../../../core/ledger/ledger';
import { get, piece, post } from '../api';
import { button, tell } from '../controls';
import { fill, h, icon, KeyedList } from '../dom';
import type { Go, View } from '../view';
import { _, ago, count, lasting } from '../words';

/** In the order in which a person asks: what is wrong comes after what is on its way. */
const SHOWN: readonly ItemState[] = ['in_sync', 'waiting', 'sending', 'held', 'refused', 'incomplete'];
/** With more rows than this there is a field to search in. */
const MANY = 8;

export function outletsView(go: Go): View {
  let all: OutletSummary[] = [];
  const list = new KeyedList<OutletSummary>(
    h('ul', { class: 'shelfwire-list' }),
    ({ id }) => id,
    (outlet) => outletRow(outlet, go),
  );
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
    list.show(all.filter(({ name, store_id }) => `${name} ${store_id}`.toLowerCase().includes(wanted)));
  };
  return {
    id: 'outlets',
    icon: 'shopping-basket',
    topics: ['outlets'],
    element: h('div', {}, search, empty, list.element),
    async refresh() {
      all = await get<OutletSummary[]>('outlets');
      draw();
    },
  };
}

function outletRow(first: OutletSummary, go: Go) {
  let outlet = first;
  const state = h('span', { class: 'shelfwire-dot' });
  const name = h('span', { class: 'shelfwire-name' });
  const where = h('span', { class: 'shelfwire-quiet' });
  const counts = h('div', { class: 'shelfwire-counts' });
  const facts = h('div', { class: 'shelfwire-quiet' });
  const trouble = h('div', { class: 'shelfwire-trouble' });
  const act = (path: string) => post(`outlets/${piece(outlet.id)}/${path}`);
  const pause = button(
    _('outlets.pause'),
    async () => {
      update((await act(outlet.paused ? 'resume' : 'pause')) as OutletSummary);
    },
    { icon: 'pause', write: true },
  );
  const actions = h(
    'div',
    { class: 'shelfwire-actions' },
    button(
      _('outlets.test'),
      async () => {
        const { ok, message } = (await act('test')) as { ok: boolean; message: string };
        tell(`${outlet.name}: ${message}`, ok ? 'success' : 'error');
      },
      { icon: 'plug', write: true },
    ),
    button(
      _('outlets.push'),
      async () => {
        await act('push');
        tell(_('outlets.pushed', { name: outlet.name }));
      },
      { icon: 'cloud-upload', write: true },
    ),
    pause,
  );
  const element = h(
    'li',
    { class: 'shelfwire-row' },
    h('div', { class: 'shelfwire-head' }, state, name, where),
    counts,
    facts,
    trouble,
    actions,
  );

  function update(next: OutletSummary): void {
    outlet = next;
    const shown = stateOf(next);
    state.className = `shelfwire-dot shelfwire-${shown}`;
    state.title = _(`outlets.state.${shown}`);
    name.textContent = next.name || next.store_id;
    where.textContent = _('outlets.where', { platform: next.platform, store: next.store_id });
    fill(
      counts,
      ...SHOWN.filter((each) => each === 'in_sync' || next.counts[each] > 0).map((each) =>
        h(
          'button',
          {
            type: 'button',
            class: `shelfwire-count shelfwire-is-${each}`,
            title: _(`state.${each}.title`),
            onclick: () => go('items', { outlet: outlet.id, name: outlet.name || outlet.store_id, state: each }),
          },
          h('b', {}, count(next.counts[each])),
          ` ${_(`state.${each}.label`)}`,
        ),
      ),
    );
    fill(
      facts,
      _('outlets.lastSuccess', { when: ago(next.last_success_at) }),
      next.oldest_waiting_s === null ? null : ` · ${_('outlets.oldest', { age: lasting(next.oldest_waiting_s) })}`,
    );
    trouble.hidden = shown === 'ok' || shown === 'unknown';
    fill(
      trouble,
      icon(shown === 'paused' ? 'pause' : 'exclamation-triangle'),
      ' ',
      (next.paused_by === 'restore' ? next.paused_why : next.reach_message) ?? _(`outlets.state.${shown}`),
    );
    fill(pause, icon(next.paused ? 'play' : 'pause'), ` ${_(next.paused ? 'outlets.resume' : 'outlets.pause')}`);
  }
  update(first);
  return { element, update };
}

function stateOf(outlet: OutletSummary): string {
  if (!outlet.enabled) return 'off';
  if (outlet.paused) return 'paused';
  return outlet.reach;
}
