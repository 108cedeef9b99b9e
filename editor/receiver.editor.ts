/** What the forms of all receivers of HTTP share: the address to enter at the sender, and how its times are read. */
import { InvalidInputError } from '../core/errors';
import { formatInstant, isTimeZone, parseInstant } from '../core/stock/time';
import { pathPattern } from '../runtime/http/paths';
import { curlFor, type Signing, type Vendor } from './dialogs/curl';
import { get } from './sidebar/api';
import { h } from './sidebar/dom';
import { _ } from './sidebar/words';
import { readFlow } from './warnings/read.editor';

/** A time as senders without zones write it. */
const SAMPLE = '2025-08-01 22:30:00';
const ZONES = 'shelfwire-time-zones';

/** Keeps a time's parts in order inside a text that runs from right to left. */
const apart = (text: string) => `\u2066${text}\u2069`;

interface Translator {
  _?(key: string, values?: Record<string, unknown>): string;
}

/** Validator of `path`. (Node-RED takes a text as a reason only from a validator of two parameters.) Catalogue key `error.path`. */
export function validPath(this: Translator, value: unknown, _options?: unknown): boolean | string {
  const text = String(value ?? '').trim();
  // What stands for a variable is known only where Node-RED runs.
  if (text === '' || text.includes('${')) return true;
  try {
    pathPattern(text);
    return true;
  } catch {
    return this._?.('error.path') ?? false;
  }
}

/** Validator of `timeZone`. Catalogue key `error.timeZone`. */
export function validTimeZone(this: Translator, value: unknown, _options?: unknown): boolean | string {
  const text = String(value ?? '').trim();
  return text === '' || text.includes('${') || isTimeZone(text) || (this._?.('error.timeZone') ?? false);
}

/**
 * Shows the whole address below the path, as senders reach it, and (for a vendor) a command that sends what it would send.
 * @param sample for the command: a store that the receiver knows
 */
export function showAddress(node: EditorNode, vendor?: Vendor, sample: () => string = () => '1'): void {
  const path = $('#node-input-path');
  const shown = $('#shelfwire-address');
  const line = shown.closest('.form-tips');
  const root = (RED.settings.httpNodeRoot ?? '/').replace(/\/$/, '');
  let origin = window.location.origin;
  const address = () => {
    const text = path.val().trim() || path.attr('placeholder') || '';
    return `${origin}${root}${text.startsWith('/') ? '' : '/'}${text}`;
  };
  const update = () => void shown.text(address());
  path.on('input change', update);
  update();
  const buttons = h('div', { class: 'shelfwire-copy' });
  buttons.append(copyButton('send.copyAddress', 'copy', address));
  if (vendor) {
    const curl = () =>
      curlFor(vendor, { url: address(), signing: signingBehind(node), store: sample(), now: new Date() });
    buttons.append(copyButton('send.copyCurl', 'terminal', curl));
  }
  line.append(buttons);
  void get<{ publicUrl: string }>('address').then(
    ({ publicUrl }) => {
      // A variable in it that is not set leaves what is no address.
      if (URL.canParse(publicUrl)) origin = publicUrl;
      if (isLocal(new URL(origin).hostname)) line.append(h('div', {}, _('send.noPublicUrl')));
      update();
    },
    () => undefined,
  );
}

const isLocal = (host: string): boolean => /^(localhost|127\.|\[?::1)/.test(host);

function copyButton(key: string, icon: string, text: () => string): HTMLElement {
  const button = h(
    'button',
    { type: 'button', class: 'red-ui-button red-ui-button-small' },
    h('i', { class: `fa fa-${icon}`, 'aria-hidden': 'true' }),
    ` ${_(key)}`,
  );
  button.addEventListener('click', () => {
    const copied = text();
    button.dataset.copied = copied;
    RED.clipboard.copyText(copied, $(button), _('send.copied'));
  });
  return button;
}

/** How the hmac verify behind this receiver wants it signed; null when it wants another thing than the body signed. */
function signingBehind({ id }: EditorNode): Signing | null {
  const verify = readFlow(new Map())
    .behind(id, null)
    .nodes.find(
      ({ type, props }) =>
        type === 'shelfwire-hmac-verify' && props.signed === '{body}' && !/^(token|basic)$/.test(String(props.scheme)),
    );
  if (!verify) return null;
  const { header, prefix, algorithm, encoding } = verify.props as unknown as Signing;
  return { header, prefix, algorithm, encoding };
}

/**
 * Offers the zones and shows how a sample is read. Catalogue keys `tip.zoneSample`, `tip.zoneUnknown`.
 * @param serverZone the zone that counts when none is entered
 */
export function showTimeZone(node: EditorNode, serverZone: unknown): void {
  const input = $('#node-input-timeZone');
  const shown = $('#shelfwire-time-zone-sample');
  if ($(`#${ZONES}`).length === 0) {
    const list = $('<datalist></datalist>').attr('id', ZONES).insertAfter(input);
    for (const zone of Intl.supportedValuesOf('timeZone')) $('<option></option>').attr('value', zone).appendTo(list);
  }
  const fallback = typeof serverZone === 'string' ? serverZone : '';
  input.attr({ list: ZONES, placeholder: fallback });
  const update = () => {
    const zone = input.val().trim() || fallback;
    try {
      const read = formatInstant(parseInstant(SAMPLE, zone));
      shown.text(node._('tip.zoneSample', { sample: apart(SAMPLE), read: apart(read), zone: apart(zone) }));
    } catch (thrown) {
      shown.text(thrown instanceof InvalidInputError || thrown instanceof RangeError ? node._('tip.zoneUnknown') : '');
    }
  };
  input.on('input change', update);
  update();
}
