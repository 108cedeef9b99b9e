/** Problems: everything that needs a person, by reason, each with the step that solves it. */
import type { Problem } from '../../../runtime/problems';
import { get, piece, post } from '../api';
import { button, tell } from '../controls';
import { h, icon, KeyedList } from '../dom';
import type { Go, View } from '../view';
import { _, ago, count, isolated, reasonOf, said, textOr } from '../words';
import { clockError } from './devices';

const ICONS: Record<Problem['kind'], string> = {
  refused: 'ban',
  held: 'hand-paper-o',
  incomplete: 'puzzle-piece',
  input: 'sign-in',
  outlet: 'chain-broken',
  unset: 'wrench',
  mapping: 'exchange',
  uncarried: 'chain-broken',
  silent: 'bell-slash-o',
  clock: 'clock-o',
  signature: 'shield',
};

export function problemsView(go: Go): View {
  const list = new KeyedList<Problem>(
    h('ul', { class: 'shelfwire-list', 'aria-label': _('tab.problems') }),
    ({ key }) => key,
    (problem) => problemRow(problem, go),
  );
  const none = h('p', { class: 'shelfwire-empty', hidden: true }, icon('check'), ` ${_('problems.none')}`);
  return {
    id: 'problems',
    icon: 'exclamation-triangle',
    topics: ['problems'],
    element: h('div', {}, none, list.element),
    async refresh() {
      const { problems } = await get<{ problems: Problem[] }>('problems');
      list.show(problems);
      none.hidden = problems.length > 0;
    },
  };
}

function problemRow(first: Problem, go: Go) {
  const title = h('span', { class: 'shelfwire-name shelfwire-sentence' });
  const when = h('span', { class: 'shelfwire-quiet' });
  const message = h('div', { class: 'shelfwire-trouble' });
  const element = h(
    'li',
    { class: 'shelfwire-row' },
    h('div', { class: 'shelfwire-head' }, icon(ICONS[first.kind]), title, when),
    message,
    h('div', {}, _(`problem.${first.kind}.step`)),
    h('div', { class: 'shelfwire-actions' }, ...steps(first, go)),
  );
  function update(problem: Problem): void {
    title.textContent = _(`problem.${problem.kind}.title`, {
      count: count(problem.count),
      outlet: isolated(problem.outlet_name),
      store: problem.store_id ?? '',
      sender: isolated(problem.sender),
      code: textOr(`problem.code.${problem.code}`, problem.code ?? ''),
    });
    when.textContent = problem.last_at === null ? '' : ago(problem.last_at);
    const text = messageOf(problem);
    message.hidden = !text;
    message.textContent = text;
  }
  update(first);
  return { element, update };
}

function messageOf({ kind, code, message }: Problem): string {
  if (kind === 'clock') return clockError(Number(message));
  if (kind === 'refused' || kind === 'held') return reasonOf(code, message) ?? '';
  return said(code, message ?? '');
}

function steps(problem: Problem, go: Go): HTMLElement[] {
  const { outlet, code, sender } = problem;
  const items = { outlet: outlet ?? '', name: problem.outlet_name ?? '' };
  const link = (text: string, view: string, what: Record<string, string>) => button(text, () => go(view, what));
  const act = (text: string, path: string, body: object) =>
    button(
      text,
      async () => {
        await post(`outlets/${piece(outlet!)}/${path}`, body);
        tell(_('problems.asked', { outlet: problem.outlet_name ?? '' }));
      },
      { write: true },
    );
  switch (problem.kind) {
    case 'refused':
    case 'held':
      return [
        link(_('problems.showItems'), 'items', { ...items, state: problem.kind }),
        act(_('push.retryReason'), 'retry', { code }),
      ];
    case 'incomplete':
      return [link(_('problems.showItems'), 'items', { ...items, state: 'incomplete' })];
    case 'input':
      return [link(_('problems.showInput'), 'incoming', { refused: 'true', sender: sender ?? '', code: code ?? '' })];
    case 'outlet':
    case 'unset':
    case 'uncarried':
      return [link(_('problems.showOutlet'), 'outlets', {})];
    case 'mapping':
      return [act(_('outlets.pushAll'), 'push', { type: 'full' })];
    case 'silent':
    case 'clock':
      return [link(_('problems.showDevices'), 'devices', {})];
    case 'signature':
      return [];
  }
}
