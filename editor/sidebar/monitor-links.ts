/** Into the monitor page, and the read-only links to it: made (the address is shown once), listed, revoked. */
import type { MonitorLink } from '../../runtime/monitor/links';
import { get, piece, post } from './api';
import { button, complain, mayWrite, tell } from './controls';
import { fill, h, icon } from './dom';
import { _, ago, isRightToLeft } from './words';

const PAGE = 'shelfwire/monitor';

const tool = (label: string, name: string) => ({
  class: 'red-ui-sidebar-header-button red-ui-button-small',
  title: label,
  'aria-label': label,
  'data-tool': name,
});

/** For the sidebar's toolbar. */
export function monitorTools(): HTMLElement[] {
  return [
    h(
      'a',
      { ...tool(_('monitor.open'), 'monitor'), href: PAGE, target: '_blank', rel: 'noopener' },
      icon('television'),
    ),
    h(
      'button',
      { ...tool(_('monitor.links'), 'links'), type: 'button', onclick: () => void showLinks() },
      icon('link'),
    ),
  ];
}

/** The token stands behind `#`: browsers keep that part to themselves. */
const addressOf = (token: string): string => {
  const address = new URL(PAGE, location.href);
  address.hash = token;
  return address.href;
};

async function showLinks(): Promise<void> {
  const asked = document.activeElement as HTMLElement | null;
  const list = h('ul', { class: 'shelfwire-list', 'aria-label': _('monitor.links') });
  const made = h('div', { role: 'status', hidden: true });
  const name = h('input', {
    type: 'text',
    maxlength: 100,
    'aria-label': _('monitor.name'),
    placeholder: _('monitor.name'),
  });
  const draw = (links: MonitorLink[]) => {
    if (links.length === 0) fill(list, h('li', { class: 'shelfwire-empty' }, _('monitor.none')));
    else fill(list, ...links.map((link) => linkRow(link, draw)));
  };
  const make = async () => {
    const { token } = await post<{ token: string }>('monitor/links', { name: name.value });
    name.value = '';
    made.hidden = false;
    fill(made, ...madeLink(addressOf(token)));
    draw((await get<{ links: MonitorLink[] }>('monitor/links')).links);
  };
  const form = h(
    'form',
    {
      class: 'shelfwire-form',
      hidden: !mayWrite(),
      onsubmit: (event) => {
        event.preventDefault();
        void make().catch(complain);
      },
    },
    name,
    h('button', { type: 'submit', class: 'red-ui-button red-ui-button-small' }, _('monitor.make')),
  );
  try {
    draw((await get<{ links: MonitorLink[] }>('monitor/links')).links);
  } catch (thrown) {
    complain(thrown);
    return;
  }
  const content = h(
    'div',
    { class: 'shelfwire-links shelfwire-sidebar', dir: isRightToLeft() ? 'rtl' : null },
    h('h3', {}, _('monitor.links')),
    h('p', {}, _('monitor.what')),
    list,
    made,
    form,
  );
  const close = () => {
    document.removeEventListener('keydown', onEscape, true);
    dialog.close();
    asked?.focus();
  };
  const onEscape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    close();
  };
  document.addEventListener('keydown', onEscape, true);
  const dialog = RED.notify(content, {
    modal: true,
    fixed: true,
    buttons: [{ text: _('monitor.close'), class: 'primary', click: close }],
  });
  name.focus();
}

function linkRow(
  { id, name, created_by, created_at, last_used_at }: MonitorLink,
  draw: (links: MonitorLink[]) => void,
) {
  return h(
    'li',
    { class: 'shelfwire-row' },
    h(
      'div',
      { class: 'shelfwire-head' },
      h('span', { class: 'shelfwire-name' }, name),
      h('span', { class: 'shelfwire-spring' }),
      button(
        _('monitor.revoke'),
        async () => draw((await post<{ links: MonitorLink[] }>(`monitor/links/${piece(id)}/revoke`)).links),
        { icon: 'unlink', write: true, title: _('monitor.revokeTitle', { name }) },
      ),
    ),
    h(
      'div',
      { class: 'shelfwire-quiet' },
      `${_('monitor.by', { name: created_by, when: ago(created_at) })} ${_('monitor.used', { when: ago(last_used_at) })}`,
    ),
  );
}

function madeLink(address: string): HTMLElement[] {
  const field = h('input', {
    type: 'text',
    readonly: true,
    value: address,
    dir: 'ltr',
    'aria-label': _('monitor.address'),
  });
  return [
    h('p', {}, _('monitor.once')),
    h(
      'div',
      { class: 'shelfwire-form' },
      field,
      button(
        _('monitor.copy'),
        async () => {
          // Where the browser gives no clipboard (no HTTPS) it can be copied by hand.
          field.select();
          if (RED.clipboard.copyText(address)) tell(_('monitor.copied'));
        },
        { icon: 'clipboard' },
      ),
    ),
  ];
}
