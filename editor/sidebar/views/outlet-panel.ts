/** What lies behind the cog of an outlet: its settings, a new key, everything at once, debugging, who changed what. */
import type { Estimate, OutletRow } from '../../../runtime/admin/outlets';
import { download, get, piece, post } from '../api';
import { button, complain, confirm, field, form, mayWrite, tell } from '../controls';
import { fill, h, icon } from '../dom';
import { _, count, lasting } from '../words';
import { changesList } from './changes';
import { debugPanel } from './debug';

export function outletPanel(first: OutletRow, again: () => Promise<void>) {
  let outlet = first;
  let shown = false;
  const path = (rest: string) => `outlets/${piece(outlet.id)}/${rest}`;
  const act = async (rest: string, body: unknown = {}) => {
    await post(path(rest), body);
    await reload();
  };
  const reload = async () => {
    await again();
    if (shown) await changes.refresh();
  };

  const setting = (name: 'push_enabled' | 'auto') => {
    let saving = false;
    const box = h('input', {
      type: 'checkbox',
      disabled: !mayWrite(),
      onchange: async () => {
        // Pressed once more meanwhile: that is saved next.
        if (saving) return;
        saving = true;
        let saved = !box.checked;
        try {
          while (saved !== box.checked) {
            const wanted = box.checked;
            await act('settings', { [name]: wanted });
            saved = wanted;
          }
        } catch (thrown) {
          box.checked = saved;
          complain(thrown);
        } finally {
          saving = false;
        }
      },
    });
    const element = h('label', { class: 'shelfwire-switch' }, box, h('span', {}, _(`setting.${name}`)));
    /** What was read before it was pressed does not take the press back. */
    const show = (on: boolean) => {
      if (!saving) box.checked = on;
    };
    return { element, show };
  };
  const push = setting('push_enabled');
  const auto = setting('auto');

  const key = field(_('key.new'), { type: 'password', dir: 'ltr' });
  const secret = field(_('key.secret'), { type: 'password', dir: 'ltr' });
  const storeKey = button(
    _('key.store'),
    async () => {
      await act('key', { key: key.input.value, secret: secret.input.value });
      key.input.value = '';
      secret.input.value = '';
      tell(_('key.stored', { name: outlet.name }));
    },
    { icon: 'key', write: true, submit: true },
  );
  const keyForm = form(
    'shelfwire-fields',
    key.element,
    secret.element,
    h('div', { class: 'shelfwire-actions' }, storeKey),
  );

  const all = button(
    `${_('outlets.pushAll')}…`,
    async () => {
      const estimate = await get<Estimate>(path('estimate'));
      if (!(await confirm(estimateText(outlet.name, estimate), _('outlets.pushAll')))) return;
      await post(path('push'), { type: 'full' });
      tell(_('outlets.pushedAll', { name: outlet.name }));
    },
    { icon: 'cloud-upload', write: true },
  );
  const feed = button(
    _('outlets.feed'),
    () => download(`feed/${piece(outlet.store_id)}.csv`, `feed-${outlet.store_id.replace(/[^\w.-]/g, '_')}.csv`),
    { icon: 'download', title: _('outlets.feedTitle') },
  );
  const close = button(
    `${_('outlets.close')}…`,
    async () => {
      if (await confirm(_('outlets.closeSure', { name: outlet.name }), _('outlets.close'))) await act('close');
    },
    { icon: 'archive', write: true },
  );
  const reopen = button(_('outlets.reopen'), () => act('reopen'), { icon: 'folder-open', write: true });
  const reset = button(_('outlets.reset'), () => act('reset'), { icon: 'undo', write: true });
  const changed = h('p', { class: 'shelfwire-quiet' });
  const debug = debugPanel(() => outlet, reload);
  const changes = changesList(() => `outlet:${outlet.id}`);
  const gone = h('p', { class: 'shelfwire-quiet', hidden: true }, _('setting.notDeployed'));
  const settings = h('div', { class: 'shelfwire-fields' }, push.element, auto.element, changed, keyForm);
  const element = h(
    'div',
    { class: 'shelfwire-detail', hidden: true },
    gone,
    settings,
    h('div', { class: 'shelfwire-actions' }, all, feed, close, reopen, reset),
    debug.element,
    changes.element,
  );

  function update(next: OutletRow): void {
    outlet = next;
    const { settings: now } = next;
    gone.hidden = now !== null;
    settings.hidden = now === null || now.closed;
    push.show(now?.push_enabled ?? false);
    auto.show(now?.auto ?? false);
    keyForm.hidden = now?.auth === 'none';
    secret.element.hidden = now?.auth !== 'basic';
    all.hidden = !next.enabled;
    close.hidden = !now || now.closed;
    reopen.hidden = !now?.closed;
    reset.hidden = !now || now.added || now.closed || now.changed.length === 0;
    const here = now === null ? [] : now.added ? ['added', ...now.changed] : now.changed;
    changed.hidden = here.length === 0;
    fill(
      changed,
      icon('pencil'),
      ' ',
      _('setting.changedHere', { what: here.map((what) => _(`change.${what}`)).join(_('comma')) }),
    );
    debug.update();
  }
  update(first);
  return {
    element,
    update,
    open(yes: boolean) {
      shown = yes;
      if (yes) void changes.refresh().catch(complain);
    },
  };
}

function estimateText(name: string, { items, requests, seconds }: Estimate): string {
  const values = { name, items: count(items), requests: count(requests) };
  return seconds === null
    ? _('outlets.estimateUnknown', values)
    : _('outlets.estimate', { ...values, time: lasting(Math.max(1, seconds)) });
}
