/** Who changed what without a deploy, newest first. */
import type { WrittenChange } from '../../../core/ledger/ledger';
import type { OfLedger } from '../../../runtime/admin/types';
import { get } from '../api';
import { complain } from '../controls';
import { h } from '../dom';
import { fold } from '../fold';
import { PagedList } from '../paged';
import { _, moment, textOr } from '../words';

export function changesList(subject: () => string): { element: HTMLElement; refresh(): Promise<void> } {
  const list = new PagedList<WrittenChange & OfLedger>({
    label: _('changes.title'),
    empty: _('changes.none'),
    keyOf: ({ id, ledger = '' }) => `${ledger} ${id}`,
    row: (change) => ({
      element: h(
        'li',
        { class: 'shelfwire-change' },
        h('span', { class: 'shelfwire-quiet' }, `${moment(change.at)} · `),
        h('bdi', {}, who(change.by)),
        ': ',
        textOr(`change.${change.what}`, change.what),
        fromTo(change),
      ),
      update: () => undefined,
    }),
    read: async (cursor) => {
      const page = await get<{ changes: (WrittenChange & OfLedger)[]; cursor: string | null }>('changes', {
        subject: subject(),
        limit: 10,
        cursor,
      });
      return { rows: page.changes, cursor: page.cursor };
    },
  });
  const changes = fold([_('changes.title')], [list.element], () => list.refresh().catch(complain));
  return {
    element: changes.element,
    refresh: async () => {
      if (changes.isOpen) await list.refresh();
    },
  };
}

const who = (by: string): string => (by === 'deploy' ? _('changes.deploy') : by.replace(/^user:/, ''));

function fromTo({ old, new: now }: WrittenChange): string {
  const shown = (value: string) => textOr(`value.${value}`, value);
  if (old !== null && now !== null) return ` · ${shown(old)} → ${shown(now)}`;
  const one = now ?? old;
  return one === null ? '' : ` · ${shown(one)}`;
}
