/** A new branch, without an edit of the flow. */
import type { AccountRow } from '../../../runtime/admin/outlet-settings';
import { get, post } from '../api';
import { button, field, form, mayWrite, tell } from '../controls';
import { h } from '../dom';
import { fold } from '../fold';
import { _ } from '../words';

export function addOutlet(done: () => Promise<void>): HTMLElement {
  let accounts: AccountRow[] = [];
  const account = h('select', { 'aria-label': _('branch.account'), onchange: () => show() });
  const accountLine = h('label', {}, h('span', {}, _('branch.account')), account);
  const store = field(_('branch.store'), { placeholder: _('branch.storeHint') });
  const name = field(_('branch.name'), { placeholder: _('branch.nameHint') });
  const key = field(_('branch.key'), { type: 'password', placeholder: _('branch.keyHint'), dir: 'ltr' });
  const secret = field(_('key.secret'), { type: 'password', dir: 'ltr' });
  const on = h('input', { type: 'checkbox' });
  const add = button(
    _('branch.add'),
    async () => {
      await post('outlets', {
        account: account.value,
        store_id: store.input.value.trim(),
        name: name.input.value,
        push_enabled: on.checked,
        key: key.input.value,
        secret: secret.input.value,
      });
      tell(_('branch.added', { name: name.input.value || store.input.value }));
      for (const { input } of [store, name, key, secret]) input.value = '';
      on.checked = false;
      branch.toggle(false);
      await done();
    },
    { icon: 'plus', write: true, submit: true },
  );
  const show = () => {
    const auth = accounts.find(({ id }) => id === account.value)?.auth;
    accountLine.hidden = accounts.length < 2;
    key.element.hidden = auth === 'none';
    secret.element.hidden = auth !== 'basic';
  };
  const branch = fold(
    [_('branch.title')],
    [
      form(
        'shelfwire-fields',
        accountLine,
        store.element,
        name.element,
        key.element,
        secret.element,
        h('label', { class: 'shelfwire-switch' }, on, h('span', {}, _('branch.on'))),
        h('p', { class: 'shelfwire-quiet' }, _('branch.hint')),
        h('div', { class: 'shelfwire-actions' }, add),
      ),
    ],
    async () => {
      accounts = await get<AccountRow[]>('accounts');
      account.replaceChildren(...accounts.map(({ id, name: text }) => h('option', { value: id }, text)));
      show();
    },
  );
  branch.element.hidden = !mayWrite();
  return branch.element;
}
