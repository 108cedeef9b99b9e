/** Devices: the scanners of the shops, when each was last heard, and what is wrong with it. */
import type { DeviceRow } from '../../../runtime/admin/devices';
import { get } from '../api';
import { h, KeyedList } from '../dom';
import type { View } from '../view';
import { _, ago, count, lasting } from '../words';

export function devicesView(): View {
  const list = new KeyedList<DeviceRow>(
    h('ul', { class: 'shelfwire-list', 'aria-label': _('tab.devices') }),
    ({ broker, device_id, store_id }) => `${broker} ${store_id} ${device_id}`,
    deviceRow,
  );
  const none = h('p', { class: 'shelfwire-empty', hidden: true }, _('devices.none'));
  return {
    id: 'devices',
    icon: 'mobile',
    topics: ['devices', 'incoming'],
    element: h('div', {}, none, list.element),
    async refresh() {
      const { devices } = await get<{ devices: DeviceRow[] }>('devices');
      list.show(devices);
      none.hidden = devices.length > 0;
    },
  };
}

function deviceRow(first: DeviceRow) {
  const dot = h('span', { class: 'shelfwire-dot' });
  const when = h('span', { class: 'shelfwire-quiet' });
  const facts = h('div', { class: 'shelfwire-quiet' });
  const trouble = h('div', { class: 'shelfwire-trouble' });
  const element = h(
    'li',
    { class: 'shelfwire-row' },
    h(
      'div',
      { class: 'shelfwire-head' },
      dot,
      h('bdi', { class: 'shelfwire-name' }, first.name || first.device_id),
      when,
    ),
    facts,
    trouble,
  );
  function update(device: DeviceRow): void {
    const state = device.dead ? 'dead' : device.silent ? 'silent' : device.connected === false ? 'away' : 'ok';
    dot.className = `shelfwire-dot shelfwire-device-${state}`;
    dot.title = _(`devices.state.${state}`);
    when.textContent = _('devices.lastSeen', { when: ago(device.last_seen_at) });
    facts.textContent = [
      _('story.store', { store: device.store_id }),
      _('devices.messages', { count: count(device.messages) }),
      device.usual_gap_s === null ? '' : _('devices.usualGap', { gap: lasting(device.usual_gap_s) }),
    ]
      .filter(Boolean)
      .join(' · ');
    const wrongs = [
      state === 'dead' || state === 'silent' ? _(`devices.state.${state}`) : '',
      clockError(device.clock_offset_s),
    ].filter(Boolean);
    trouble.hidden = wrongs.length === 0;
    trouble.textContent = wrongs.join(' ');
  }
  update(first);
  return { element, update };
}

/** Smaller differences do no harm. */
const CLOCK_WRONG_S = 60;

function clockError(offset: number | null): string {
  if (offset === null || Math.abs(offset) < CLOCK_WRONG_S) return '';
  return _(offset > 0 ? 'devices.clockAhead' : 'devices.clockBehind', { time: lasting(Math.abs(offset)) });
}
