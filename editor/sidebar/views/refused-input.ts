/** One refused input: why, and the way back in: replay it, or say first which SKU its code means. */
import type { RecordResult, RefusedInput } from '../../../core/ledger/ledger';
import type { OfLedger } from '../../../runtime/admin/types';
import { post } from '../api';
import { button, form, tell } from '../controls';
import { fill, h } from '../dom';
import type { Go } from '../view';
import { _, ago, moment, said } from '../words';

/** Senders whose SKU field holds an id of their own. */
const VENDORS = new Set(['paradigm', 'mipos']);

type Input = RefusedInput & OfLedger;

export function refusedRow(first: Input, go: Go) {
  const when = h('span', { class: 'shelfwire-quiet', title: moment(first.received_at) });
  const actions = h('div', { class: 'shelfwire-actions' });
  const why = said(first.code, first.message);
  const element = h(
    'li',
    { class: 'shelfwire-row' },
    h(
      'div',
      { class: 'shelfwire-head' },
      h('bdi', { class: 'shelfwire-name' }, first.sku ?? codeOf(first)?.code ?? '–'),
      when,
    ),
    h('div', { class: 'shelfwire-trouble' }, why),
    // What the code alone does not say: which location, which field, which value.
    why !== first.message && h('div', { class: 'shelfwire-quiet shelfwire-answer' }, first.message),
    h(
      'div',
      { class: 'shelfwire-quiet' },
      [first.store_id ? _('story.store', { store: first.store_id }) : '', first.sender, first.code]
        .filter(Boolean)
        .join(' · '),
    ),
    actions,
  );
  let drawn: boolean | null = null;

  function update(input: Input): void {
    when.textContent = ago(input.received_at);
    const done = input.replayed_at !== null;
    // Drawn once for each state, so that what is being typed stays.
    if (drawn === done) return;
    drawn = done;
    if (done)
      fill(
        actions,
        h('span', { class: 'shelfwire-quiet' }, _('incoming.replayed', { when: moment(input.replayed_at) })),
      );
    else if (input.event === null) fill(actions, h('span', { class: 'shelfwire-quiet' }, _('incoming.noEvent')));
    else if (input.code === 'unknown_code') fill(actions, linkForm(input, go));
    else
      fill(
        actions,
        button(_('incoming.replay'), () => replay(input, go), { icon: 'repeat', write: true }),
      );
  }
  update(first);
  return { element, update };
}

function linkForm(input: Input, go: Go): HTMLElement {
  const sku = h('input', { type: 'text', 'aria-label': _('incoming.linkTo'), placeholder: _('incoming.linkTo') });
  const link = button(
    _('incoming.link'),
    async () => {
      const code = codeOf(input);
      if (!code) throw new Error(_('incoming.noCode'));
      if (sku.value === '') throw new Error(_('incoming.noSku'));
      await post('codes', { ...code, sku: sku.value, ledger: input.ledger });
      await replay(input, go);
    },
    { icon: 'link', write: true, submit: true },
  );
  return form('shelfwire-form', sku, link);
}

async function replay(input: Input, go: Go): Promise<void> {
  const result = await post<RecordResult>(`refused/${input.id}/replay`, { ledger: input.ledger });
  const refusal = result.refusals[0];
  if (refusal) throw new Error(said(refusal.code, refusal.message));
  tell(_(result.stale > 0 ? 'incoming.replayedStale' : 'incoming.replayedWell'));
  if (input.store_id !== null && input.sku !== null && input.code !== 'unknown_code')
    go('items', { store: input.store_id, sku: input.sku, ledger: input.ledger ?? '' });
}

/** The code that is not linked yet, as the ledger looks it up. */
function codeOf({ event }: RefusedInput): { source: string; code: string } | null {
  if (event?.source !== undefined && VENDORS.has(event.source) && event.sku !== undefined)
    return { source: event.source, code: event.sku };
  return event?.barcode === undefined ? null : { source: 'barcode', code: event.barcode };
}
