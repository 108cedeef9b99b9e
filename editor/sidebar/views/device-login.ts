/** What has to be entered in a device, shown once: as text and as a QR code. */
import type { DeviceLogin } from '../../../runtime/admin/devices';
import { isLoopback, reachedAt } from '../../hosts';
import { button } from '../controls';
import { fill, h } from '../dom';
import { qrCode } from '../qr';
import { _ } from '../words';

/** docs/scanners.md says what stands in the code. */
function contentOf({ host, port, tls, account, password, topic }: DeviceLogin): string {
  return JSON.stringify({ v: 1, host, port, tls, username: account, password, topic });
}

export function showLogin(place: HTMLElement, login: DeviceLogin): void {
  const host = reachedAt(login.host);
  const shown = { ...login, host };
  const line = (label: string, value: string) => h('tr', {}, h('th', {}, label), h('td', {}, h('bdi', {}, value)));
  place.hidden = false;
  fill(
    place,
    h('p', {}, h('b', {}, _('login.once'))),
    qrCode(contentOf(shown), _('login.qr', { name: login.name })),
    h(
      'table',
      {},
      line(_('login.host'), host),
      line(_('login.port'), String(login.port)),
      line(_('login.user'), login.account),
      h('tr', {}, h('th', {}, _('login.password')), h('td', {}, h('code', { dir: 'ltr' }, login.password))),
      line(_('login.topic'), login.topic),
    ),
    isLoopback(host) ? h('p', { class: 'shelfwire-trouble' }, _('login.loopback')) : null,
    button(_('login.done'), () => {
      fill(place);
      place.hidden = true;
    }),
  );
  place.scrollIntoView({ block: 'nearest' });
}
