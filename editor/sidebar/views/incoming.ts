/** Incoming: events as they come, by who sent them; or what was refused, with what can be done about it. */
import type { EventCounts, IncomingEvent, RefusedInput } from '../../../core/ledger/ledger';
import type { OfLedger } from '../../../runtime/admin/types';
import { get } from '../api';
import { choice, complain } from '../controls';
import { fill, h } from '../dom';
import { PagedList } from '../paged';
import { valuesText } from '../values';
import type { Go, View } from '../view';
import { _, ago, count, moment } from '../words';
import { refusedRow } from './refused-input';

const PAGE = 30;

type Came = IncomingEvent & OfLedger;
type Input = RefusedInput & OfLedger;

export function incomingView(go: Go): View {
  const changed = () => void choose().catch(complain);
  const show = choice(
    _('incoming.show'),
    [
      ['events', _('incoming.events')],
      ['refused', _('incoming.refused')],
    ],
    changed,
  );
  const sender = choice(_('incoming.sender'), [['', _('incoming.allSenders')]], changed);
  const code = h('p', { class: 'shelfwire-filter', hidden: true });
  const sums = h('p', { class: 'shelfwire-quiet shelfwire-sums' });
  const body = h('div', {});
  let onlyCode = '';
  let list: PagedList<Came> | PagedList<Input> | null = null;

  async function choose(): Promise<void> {
    list = show.value === 'refused' ? refusedList(sender.value, onlyCode, go) : eventList(sender.value, go);
    code.hidden = show.value !== 'refused' || onlyCode === '';
    code.textContent = _('incoming.onlyCode', { code: onlyCode });
    fill(body, list.element);
    await list.refresh(true);
  }

  return {
    id: 'incoming',
    icon: 'sign-in',
    topics: ['incoming'],
    element: h('div', {}, h('div', { class: 'shelfwire-filters' }, show, sender), sums, code, body),
    async refresh() {
      const { senders } = await get<{ senders: (EventCounts & { sender: string })[] }>('senders');
      const chosen = sender.value;
      fill(
        sender,
        h('option', { value: '' }, _('incoming.allSenders')),
        ...senders.map((each) => h('option', { value: each.sender }, each.sender)),
      );
      sender.value = chosen;
      sums.textContent = sumText(senders.filter((each) => chosen === '' || each.sender === chosen));
      if (list) await list.refresh();
      else await choose();
    },
    open({ refused, sender: wanted = '', code: only = '' }) {
      show.value = refused === undefined ? 'events' : 'refused';
      if (wanted !== '' && ![...sender.options].some(({ value }) => value === wanted))
        sender.append(h('option', { value: wanted }, wanted));
      sender.value = wanted;
      onlyCode = only;
      changed();
    },
  };
}

/** received = accepted + repeated + older + refused. */
function sumText(senders: EventCounts[]): string {
  const sum = (name: keyof EventCounts) => count(senders.reduce((total, each) => total + each[name], 0));
  return _('incoming.sums', {
    received: sum('received'),
    accepted: sum('accepted'),
    duplicate: sum('duplicate'),
    stale: sum('stale'),
    refused: sum('refused'),
  });
}

function eventList(sender: string, go: Go): PagedList<Came> {
  return new PagedList<Came>({
    label: _('tab.incoming'),
    empty: _('incoming.none'),
    keyOf: ({ sender: from, event_id, ledger = '' }) => `${ledger} ${from} ${event_id}`,
    read: async (cursor) => {
      const page = await get<{ events: Came[]; cursor: string | null }>('events', {
        sender,
        cursor,
        limit: PAGE,
      });
      return { rows: page.events, cursor: page.cursor };
    },
    row: (event) => {
      const when = h('span', { class: 'shelfwire-quiet', title: moment(event.received_at) });
      const update = () => {
        when.textContent = ago(event.received_at);
      };
      update();
      const element = h(
        'li',
        { class: 'shelfwire-row' },
        h(
          'button',
          {
            type: 'button',
            class: 'shelfwire-head shelfwire-opener',
            onclick: () =>
              go('items', { store: event.store_id ?? '', sku: event.sku ?? '', ledger: event.ledger ?? '' }),
          },
          h('bdi', { class: 'shelfwire-name' }, event.sku),
          when,
        ),
        h(
          'div',
          {},
          valuesText(event),
          event.outcome === 'stale' && h('span', { class: 'shelfwire-quiet' }, ` ${_('story.stale')}`),
        ),
        h(
          'div',
          { class: 'shelfwire-quiet' },
          [_('story.store', { store: event.store_id }), event.sender, event.event_type, event.reference_id]
            .filter(Boolean)
            .join(' · '),
        ),
      );
      return { element, update };
    },
  });
}

function refusedList(sender: string, code: string, go: Go): PagedList<Input> {
  return new PagedList<Input>({
    label: _('incoming.refused'),
    empty: _('incoming.noneRefused'),
    keyOf: ({ id, ledger = '' }) => `${ledger} ${id}`,
    read: async (cursor) => {
      const page = await get<{ refused: Input[]; cursor: string | null }>('refused', {
        sender,
        code,
        cursor,
        limit: PAGE,
      });
      return { rows: page.refused, cursor: page.cursor };
    },
    row: (input) => refusedRow(input, go),
  });
}
