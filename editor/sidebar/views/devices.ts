/** Devices: the scanners of the shops, when each was last heard, what is wrong with it, and who may connect. */
import type { DeviceList, DeviceLogin, DeviceRow } from '../../../runtime/admin/devices';
import { get, piece, post } from '../api';
import { button, confirm, field, form, mayWrite } from '../controls';
import { fill, h, icon, KeyedList } from '../dom';
import { fold } from '../fold';
import type { View } from '../view';
import { _, ago, count, lasting } from '../words';
import { changesList } from './changes';
import { showLogin } from './device-login';

export function devicesView(): View {
  const draw = ({ devices, brokers }: DeviceList) => {
    list.show(devices);
    none.hidden = devices.length > 0;
    adding.hidden = brokers.length === 0 || !mayWrite();
  };
  const refresh = async () => draw(await get<DeviceList>('devices'));
  const list = new KeyedList<DeviceRow>(
    h('ul', { class: 'shelfwire-list', 'aria-label': _('tab.devices') }),
    ({ broker, device_id, store_id }) => `${broker} ${store_id} ${device_id}`,
    (device) => deviceRow(device, draw),
  );
  const none = h('p', { class: 'shelfwire-empty', hidden: true }, _('devices.none'));
  const adding = addDevice(refresh);
  return {
    id: 'devices',
    icon: 'mobile',
    topics: ['devices', 'incoming'],
    element: h('div', {}, none, list.element, adding),
    refresh,
  };
}

function addDevice(done: () => Promise<void>): HTMLElement {
  const account = field(_('device.account'), { placeholder: _('device.accountHint'), dir: 'ltr' });
  const store = field(_('branch.store'), {});
  const name = field(_('device.name'), { placeholder: _('device.nameHint') });
  const login = h('div', { class: 'shelfwire-login', role: 'status', hidden: true });
  const add = button(
    _('device.add'),
    async () => {
      const made = await post<DeviceLogin>('devices', {
        account: account.input.value,
        store_id: store.input.value,
        name: name.input.value,
      });
      for (const { input } of [account, store, name]) input.value = '';
      showLogin(login, made);
      await done();
    },
    { icon: 'plus', write: true, submit: true },
  );
  const fields = form(
    'shelfwire-fields',
    account.element,
    store.element,
    name.element,
    h('div', { class: 'shelfwire-actions' }, add),
  );
  return fold([_('device.title')], [fields, login]).element;
}

function deviceRow(first: DeviceRow, draw: (list: DeviceList) => void) {
  let device = first;
  const path = (rest: string) => `devices/${piece(device.broker)}/${piece(device.account ?? '')}/${rest}`;
  const dot = h('span', { class: 'shelfwire-dot' });
  const when = h('span', { class: 'shelfwire-quiet' });
  const facts = h('div', { class: 'shelfwire-quiet' });
  const trouble = h('div', { class: 'shelfwire-trouble' });
  const login = h('div', { class: 'shelfwire-login', role: 'status', hidden: true });
  const changes = changesList(() => `device:${device.account}`);
  const password = button(
    `${_('device.password')}…`,
    async () => {
      if (!(await confirm(_('device.passwordSure', { name: nameOf(device) }), _('device.password')))) return;
      showLogin(login, await post<DeviceLogin>(path('password')));
    },
    { icon: 'key', write: true },
  );
  const disable = button(
    _('device.disable'),
    async () => draw(await post<DeviceList>(path(device.disabled ? 'enable' : 'disable'))),
    { icon: 'ban', write: true },
  );
  const remove = button(
    `${_('device.remove')}…`,
    async () => {
      if (await confirm(_('device.removeSure', { name: nameOf(device) }), _('device.remove')))
        draw(await post<DeviceList>(path('remove')));
    },
    { icon: 'trash', write: true },
  );
  const actions = h('div', { class: 'shelfwire-actions' }, password, disable, remove);
  const more = fold([_('device.more')], [actions, changes.element]);
  const element = h(
    'li',
    { class: 'shelfwire-row' },
    h('div', { class: 'shelfwire-head' }, dot, h('bdi', { class: 'shelfwire-name' }, nameOf(first)), when),
    facts,
    trouble,
    more.element,
    login,
  );
  function update(next: DeviceRow): void {
    device = next;
    const state = stateOf(device);
    dot.className = `shelfwire-dot shelfwire-device-${state}`;
    dot.title = _(`devices.state.${state}`);
    when.textContent =
      device.last_seen_at === null ? _('devices.neverSeen') : _('devices.lastSeen', { when: ago(device.last_seen_at) });
    facts.textContent = [
      _('story.store', { store: device.store_id }),
      _('devices.messages', { count: count(device.messages) }),
      device.usual_gap_s === null ? '' : _('devices.usualGap', { gap: lasting(device.usual_gap_s) }),
    ]
      .filter(Boolean)
      .join(' · ');
    const wrongs = [
      state === 'dead' || state === 'silent' || state === 'disabled' ? _(`devices.state.${state}`) : '',
      clockError(device.clock_offset_s),
    ].filter(Boolean);
    trouble.hidden = wrongs.length === 0;
    trouble.textContent = wrongs.join(' ');
    more.element.hidden = device.account === null;
    remove.hidden = !device.added;
    fill(
      disable,
      icon(device.disabled ? 'check' : 'ban'),
      ` ${_(device.disabled ? 'device.enable' : 'device.disable')}`,
    );
  }
  update(first);
  return { element, update };
}

const nameOf = (device: DeviceRow): string => device.name || device.device_id;

function stateOf(device: DeviceRow): string {
  if (device.disabled) return 'disabled';
  if (device.dead) return 'dead';
  if (device.silent) return 'silent';
  return device.connected === false ? 'away' : 'ok';
}

/** Smaller differences do no harm. */
const CLOCK_WRONG_S = 60;

export function clockError(offset: number | null): string {
  if (offset === null || Math.abs(offset) < CLOCK_WRONG_S) return '';
  return _(offset > 0 ? 'devices.clockAhead' : 'devices.clockBehind', { time: lasting(Math.abs(offset)) });
}
