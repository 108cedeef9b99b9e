/** Requests and answers of one outlet, for an hour. */
import type { DebugEntry } from '../../../core/pushing/debug-log';
import type { OutletRow } from '../../../runtime/admin/outlets';
import { get, piece, post } from '../api';
import { button } from '../controls';
import { fill, h, icon, KeyedList } from '../dom';
import { fold } from '../fold';
import { onNews, Refresher } from '../live';
import { _, lasting, moment, textOr } from '../words';

export function debugPanel(outlet: () => OutletRow, again: () => Promise<void>) {
  const path = () => `outlets/${piece(outlet().id)}/debug`;
  const list = new KeyedList<DebugEntry>(
    h('ul', { class: 'shelfwire-list', 'aria-label': _('debug.title') }),
    ({ id }) => String(id),
    entryRow,
  );
  const until = h('span', { class: 'shelfwire-quiet' });
  const none = h('p', { class: 'shelfwire-quiet' }, _('debug.none'));
  const log = h('div', { hidden: true }, none, list.element);
  const toggle = button(
    _('debug.on'),
    async () => {
      await post(path(), { on: outlet().debug_until === null });
      await again();
    },
    { icon: 'bug', write: true, title: _('debug.hint') },
  );
  const reader = new Refresher(async () => {
    const { until: end, entries } = await get<{ until: string | null; entries: DebugEntry[] }>(path());
    log.hidden = end === null;
    none.hidden = entries.length > 0;
    list.show(entries);
  });
  const element = h('div', { class: 'shelfwire-debug' }, h('div', { class: 'shelfwire-actions' }, toggle, until), log);
  const read = () => {
    if (element.offsetParent !== null && outlet().debug_until !== null) reader.run().catch(() => undefined);
  };
  onNews((topics) => topics.includes('debug') && read());
  return {
    element,
    update() {
      const end = outlet().debug_until;
      fill(toggle, icon('bug'), ` ${_(end === null ? 'debug.on' : 'debug.off')}`);
      until.textContent =
        end === null ? '' : _('debug.left', { time: lasting(Math.max(1, (Date.parse(end) - Date.now()) / 1000)) });
      log.hidden = end === null;
      read();
    },
  };
}

function entryRow(entry: DebugEntry) {
  const lines = (headers: Record<string, string>) =>
    Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n');
  const text = [
    `${entry.method} ${entry.url}`,
    lines(entry.request_headers),
    '',
    entry.request_body,
    '',
    `← ${entry.status ?? entry.fault ?? ''} (${entry.duration_ms} ms)`,
    lines(entry.answer_headers),
    '',
    entry.answer_body,
  ].join('\n');
  return {
    element: h(
      'li',
      {},
      fold(
        [
          h('bdi', {}, `${entry.method} ${entry.status ?? textOr(`test.${entry.fault}`, entry.fault ?? '')}`),
          h('span', { class: 'shelfwire-quiet' }, ` ${moment(entry.at)} · ${entry.duration_ms} ms`),
        ],
        [h('pre', { class: 'shelfwire-exchange', dir: 'ltr', tabindex: '0' }, text)],
      ).element,
    ),
    update: () => undefined,
  };
}
