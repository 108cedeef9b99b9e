/** One outlet: what stands where, what is wrong, and what can be done about it. */
import type { ItemState } from '../../../core/ledger/ledger';
import type { ConnectionTest } from '../../../core/pushing/test-connection';
import type { OutletRow } from '../../../runtime/admin/outlets';
import { piece, post } from '../api';
import { button, confirm, tell } from '../controls';
import { fill, h, icon } from '../dom';
import { dayPlot } from '../plot';
import type { Go } from '../view';
import { _, ago, count, isolated, lasting, moment, said, textOr } from '../words';
import { outletPanel } from './outlet-panel';

/** In the order in which a person asks: what is wrong comes after what is on its way. */
const SHOWN: readonly ItemState[] = ['in_sync', 'waiting', 'sending', 'held', 'refused', 'incomplete'];

export function outletRow(first: OutletRow, go: Go, again: () => Promise<void>) {
  let outlet = first;
  const state = h('span', { class: 'shelfwire-dot' });
  const name = h('span', { class: 'shelfwire-name' });
  const where = h('span', { class: 'shelfwire-quiet' });
  const plot = h('span', { class: 'shelfwire-day' });
  const counts = h('div', { class: 'shelfwire-counts' });
  const facts = h('div', { class: 'shelfwire-quiet' });
  const trouble = h('div', { class: 'shelfwire-trouble' });
  const uncarried = h(
    'div',
    { class: 'shelfwire-trouble' },
    icon('exclamation-triangle'),
    ` ${_('problem.uncarried.row')} ${_('problem.uncarried.step')}`,
  );
  const tested = h('div', { class: 'shelfwire-tested', role: 'status', hidden: true });
  const act = (path: string) => post(`outlets/${piece(outlet.id)}/${path}`);
  const panel = outletPanel(first, again);
  const test = button(_('outlets.test'), async () => showTest((await act('test')) as ConnectionTest), {
    icon: 'plug',
    write: true,
  });
  const push = button(
    _('outlets.push'),
    async () => {
      await act('push');
      if (outlet.paused) tell(_('outlets.pushedPaused', { name: outlet.name }), 'warning');
      else tell(_('outlets.pushed', { name: outlet.name }));
    },
    { icon: 'cloud-upload', write: true },
  );
  const pause = button(
    _('outlets.pause'),
    async () => {
      const { name, paused, hold } = outlet;
      // The ledger may be old: what it has would replace what is newer.
      if (paused && hold && !(await confirm(_('outlets.resumeSure', { name }), _('outlets.resume')))) return;
      update((await act(paused ? 'resume' : 'pause')) as OutletRow);
    },
    { icon: 'pause', write: true },
  );
  const more = h(
    'button',
    {
      type: 'button',
      class: 'red-ui-button red-ui-button-small',
      'aria-expanded': 'false',
      title: _('outlets.more'),
      'aria-label': _('outlets.more'),
      onclick: () => {
        panel.element.hidden = !panel.element.hidden;
        more.setAttribute('aria-expanded', String(!panel.element.hidden));
        panel.open(!panel.element.hidden);
      },
    },
    icon('cog'),
  );
  const element = h(
    'li',
    { class: 'shelfwire-row' },
    h('div', { class: 'shelfwire-head' }, state, name, where),
    counts,
    plot,
    facts,
    trouble,
    uncarried,
    tested,
    h('div', { class: 'shelfwire-actions' }, test, push, pause, more),
    panel.element,
  );

  function showTest({ ok, code, message }: ConnectionTest): void {
    tested.hidden = false;
    tested.classList.toggle('shelfwire-trouble', !ok);
    fill(tested, icon(ok ? 'check' : 'exclamation-triangle'), ' ', textOr(`test.${code}`, message));
  }

  function update(next: OutletRow): void {
    outlet = next;
    const shown = stateOf(next);
    state.className = `shelfwire-dot shelfwire-${shown}`;
    state.title = _(`outlets.state.${shown}`);
    name.textContent = next.name || next.store_id;
    where.textContent = _('outlets.where', { platform: next.platform, store: next.store_id });
    fill(plot, dayPlot(next.activity));
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
      icon(shown === 'paused' ? 'pause' : shown === 'off' || shown === 'closed' ? 'power-off' : 'exclamation-triangle'),
      ' ',
      troubleOf(next, shown),
    );
    uncarried.hidden = !next.uncarried;
    const idle = shown === 'off' || shown === 'closed';
    push.hidden = idle;
    pause.hidden = idle;
    test.hidden = shown === 'closed';
    fill(pause, icon(next.paused ? 'play' : 'pause'), ` ${_(next.paused ? 'outlets.resume' : 'outlets.pause')}`);
    panel.update(next);
  }
  update(first);
  return { element, update };
}

/** What comes of a pause goes before what the platform said last: nothing is sent by itself then. */
function troubleOf({ paused_by, hold, reach, reach_message }: OutletRow, shown: string): string {
  if (shown === 'off' || shown === 'closed') return _(`outlets.state.${shown}`);
  if (hold) return `${_(`outlets.hold.${hold.why}`, { since: moment(hold.since) })} ${_('outlets.held')}`;
  if (paused_by !== null) return _('outlets.pausedBy', { name: isolated(paused_by.replace(/^user:/, '')) });
  return shown === 'paused' || reach_message === null ? _(`outlets.state.${shown}`) : said(reach, reach_message);
}

function stateOf(outlet: OutletRow): string {
  if (outlet.settings?.closed) return 'closed';
  if (!outlet.enabled) return 'off';
  if (outlet.paused) return 'paused';
  return outlet.reach;
}
