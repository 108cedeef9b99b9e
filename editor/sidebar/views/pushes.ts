/** Pushes: the history, newest first, with a push in full when it is opened. */
import type { OutletSummary, PushRecord } from '../../../core/ledger/ledger';
import { get } from '../api';
import { choice, complain } from '../controls';
import { fill, h } from '../dom';
import { PagedList } from '../paged';
import type { Go, View } from '../view';
import { _, ago, count, moment, said, textOr } from '../words';
import { PushDetail } from './push-detail';

const PAGE = 10;
const STATUSES = ['running', 'success', 'partial', 'failed'] as const;
const WHO = ['user', 'schedule', 'auto', 'api'] as const;
const HOURS = { hour: 1, day: 24, week: 168 } as const;

export function pushesView(go: Go): View {
  const changed = () => void list.refresh(true).catch(complain);
  const outlet = choice(_('pushes.outlet'), [['', _('pushes.allOutlets')]], changed);
  const status = choice(
    _('pushes.status'),
    [['', _('pushes.anyStatus')], ...STATUSES.map((each): [string, string] => [each, _(`push.${each}`)])],
    changed,
  );
  const by = choice(
    _('pushes.who'),
    [['', _('pushes.anybody')], ...WHO.map((each): [string, string] => [each, _(`who.${each}`)])],
    changed,
  );
  const time = choice(
    _('pushes.time'),
    [
      ['', _('pushes.anyTime')],
      ...Object.keys(HOURS).map((each): [string, string] => [each, _(`pushes.last.${each}`)]),
    ],
    changed,
  );
  const since = () => {
    const hours = HOURS[time.value as keyof typeof HOURS];
    return hours === undefined ? '' : new Date(Date.now() - hours * 3_600_000).toISOString();
  };
  const list = new PagedList<PushRecord>({
    label: _('tab.pushes'),
    empty: _('pushes.empty'),
    keyOf: ({ id }) => id,
    row: (push) => pushRow(push, go),
    async read(cursor) {
      const page = await get<{ pushes: PushRecord[]; cursor: string | null }>('pushes', {
        outlet: outlet.value,
        status: status.value,
        by: by.value,
        since: since(),
        limit: PAGE,
        cursor,
      });
      return { rows: page.pushes, cursor: page.cursor };
    },
  });
  return {
    id: 'pushes',
    icon: 'history',
    topics: ['pushes'],
    element: h('div', {}, h('div', { class: 'shelfwire-filters' }, outlet, status, by, time), list.element),
    async refresh() {
      const outlets = await get<OutletSummary[]>('outlets');
      const chosen = outlet.value;
      fill(
        outlet,
        h('option', { value: '' }, _('pushes.allOutlets')),
        ...outlets.map(({ id, name, store_id }) => h('option', { value: id }, name || store_id)),
      );
      outlet.value = chosen;
      await list.refresh();
    },
    open({ outlet: wanted = '', status: state = '' }) {
      if (wanted !== '' && ![...outlet.options].some(({ value }) => value === wanted))
        outlet.append(h('option', { value: wanted }, wanted));
      outlet.value = wanted;
      status.value = state;
      changed();
    },
  };
}

function pushRow(first: PushRecord, go: Go) {
  const state = h('span', {});
  const name = h('span', { class: 'shelfwire-name' });
  const when = h('span', { class: 'shelfwire-quiet' });
  const what = h('div', { class: 'shelfwire-quiet' });
  const wrong = h('div', { class: 'shelfwire-trouble' });
  const body = h('div', { class: 'shelfwire-detail', hidden: true });
  let detail: PushDetail | null = null;
  let shown = first.status;
  const open = (yes: boolean) => {
    body.hidden = !yes;
    head.setAttribute('aria-expanded', String(yes));
    if (!yes) return;
    detail ??= new PushDetail(first.id, go);
    fill(body, detail.element);
    void detail.refresh();
  };
  const head = h(
    'button',
    {
      type: 'button',
      class: 'shelfwire-head shelfwire-opener',
      'aria-expanded': 'false',
      onclick: () => open(body.hidden),
    },
    state,
    name,
    when,
  );

  function update(push: PushRecord): void {
    state.className = `shelfwire-pill shelfwire-push-${push.status}`;
    state.textContent = _(`push.${push.status}`);
    name.textContent = push.outlet_name || push.store_id;
    when.textContent = ago(push.started_at);
    when.title = moment(push.started_at);
    what.textContent = [
      _(`push.type.${push.type}`),
      _('push.items', { count: count(push.item_count) }),
      whoDid(push.created_by),
    ]
      .filter(Boolean)
      .join(' · ');
    const trouble = [push.refused > 0 ? _('push.refused', { count: count(push.refused) }) : '', failureOf(push)]
      .filter(Boolean)
      .join(' · ');
    wrong.hidden = trouble === '';
    wrong.textContent = trouble;
    if (detail && !body.hidden && shown === 'running') void detail.refresh();
    shown = push.status;
  }
  update(first);
  const onkeydown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || body.hidden) return;
    open(false);
    head.focus();
  };
  return { element: h('li', { class: 'shelfwire-row', onkeydown }, head, what, wrong, body), update };
}

/** What was said of a push that gave up. Of one that was only taken in part the last answer is a good one, and no trouble. */
function failureOf({ status, response_code, response_message, error_details }: PushRecord): string {
  if (status !== 'failed' && status !== 'partial') return '';
  const taken = response_code !== null && response_code >= 200 && response_code < 300;
  return taken && error_details === null ? '' : said(error_details, response_message ?? '');
}

/** `user:anna` is anna. */
function whoDid(createdBy: string): string {
  return createdBy.startsWith('user:') ? createdBy.slice(5) : textOr(`who.${createdBy}`, createdBy);
}
