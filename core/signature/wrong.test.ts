/** Every way to be wrong, for every preset, in the exact bytes that a sender would send. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { PRESETS, type PresetName, presetOf } from './presets';
import { ReplayWindow } from './replay';
import type { Encoding, SignedRequest } from './types';
import { Verifier } from './verify';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const OTHER = Buffer.from('fedcba9876543210fedcba9876543210');
const URL = 'https://shop.example/hooks/x?a=1';
const BODY =
  '{"store_id":1,"inventory_system_id":"3d40","now":"2020-05-31 09:15:38","external_id":"1015AW","current_stock":"95"}';

/** The secret as it is entered for a preset. */
const entered = (name: string, key: Buffer) =>
  presetOf(name).secretEncoding === 'base64' ? `whsec_${key.toString('base64')}` : key.toString();

interface Signing {
  key?: Buffer;
  body?: string;
  /** Unix seconds. */
  at?: number;
  encoding?: Encoding;
}

const swapped = (text: string) =>
  text.replace(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()));
const other = (encoding: Encoding): Encoding => (encoding === 'hex' ? 'base64' : 'hex');

/** What a sender of the preset sends, written down from the vendors' documents and not from our templates. */
function signed(name: string, { key = KEY, body = BODY, at = NOW / 1000, encoding }: Signing = {}) {
  const scheme = presetOf(name);
  const secret = scheme.secretEncoding === 'base64' ? key : key.toString();
  const tag = (text: string) =>
    createHmac('sha256', secret)
      .update(text)
      .digest(encoding ?? scheme.encoding);
  const headers = ((): Record<string, string> => {
    switch (name as PresetName) {
      case 'mipos':
        return { 'x-signature-request': tag(body) };
      case 'mipos-constructed': {
        const { inventory_system_id: system, now } = JSON.parse(BODY);
        // Of the body it signs no more than this, so another body is another time of sending.
        const told = body === BODY ? now : 'another';
        return {
          'x-signature-request': tag(
            `{"url": "${URL}", "inventory_system_id": "${system}", "store_id": "1", "now": "${told}"}`,
          ),
        };
      }
      case 'paradigm':
      case 'custom':
        return { 'x-signature': tag(body) };
      case 'shopify':
        return { 'x-shopify-hmac-sha256': tag(body) };
      case 'shopify-events':
        return { 'shopify-hmac-sha256': tag(body) };
      case 'woocommerce':
        return { 'x-wc-webhook-signature': tag(body) };
      case 'square':
        return { 'x-square-hmacsha256-signature': tag(URL + body) };
      case 'github':
        return { 'x-hub-signature-256': `sha256=${tag(body)}` };
      case 'stripe':
        return { 'stripe-signature': `t=${at},v1=${tag(`${at}.${body}`)}` };
      case 'standard-webhooks':
        return {
          'webhook-id': 'msg_1',
          'webhook-timestamp': `${at}`,
          'webhook-signature': `v1,${tag(`msg_1.${at}.${body}`)}`,
        };
      case 'slack':
        return { 'x-slack-request-timestamp': `${at}`, 'x-slack-signature': `v0=${tag(`v0:${at}:${body}`)}` };
      case 'deliveroo':
        return { 'x-deliveroo-sequence-guid': '149', 'x-deliveroo-hmac-sha256': tag(`149 ${body}`) };
      case 'deliveroo-legacy':
        return { 'x-deliveroo-sequence-guid': '149', 'x-deliveroo-hmac-sha256': tag(`149 \n ${body}`) };
      case 'uber':
        return { 'x-uber-signature': tag(body) };
      case 'lightspeed':
        return { 'x-signature': `signature=${tag(body)},algorithm=HMAC-SHA256` };
      case 'token':
        return { authorization: `Bearer ${key}` };
      case 'basic':
        return { authorization: `Basic ${Buffer.from(`shop:${key}`).toString('base64')}` };
      default:
        throw new Error(`how does ${name} sign?`);
    }
  })();
  return { headers, header: scheme.header.toLowerCase() };
}

function request(headers: Record<string, string>, body = BODY): SignedRequest {
  return { body: Buffer.from(body), method: 'POST', target: '/hooks/x?a=1', url: URL, headers };
}

function verifier(
  name: string,
  { current = KEY, previous, until = null }: { current?: Buffer; previous?: Buffer; until?: number | null } = {},
) {
  const secret = (key: Buffer) => (name === 'basic' ? `shop:${key}` : entered(name, key));
  const secrets = { current: secret(current), previous: previous ? secret(previous) : '', previousUntil: until };
  return new Verifier(presetOf(name), secrets, () => NOW);
}

function verdict(name: string, headers: Record<string, string>, body = BODY, keys?: Parameters<typeof verifier>[1]) {
  const given = verifier(name, keys).verify(request(headers, body));
  return given.ok ? `ok ${given.key}` : given.code;
}

/** The header with its digest replaced by what `change` makes of it. */
function changed(name: string, change: (tag: string) => string, signing: Signing = {}) {
  const { headers, header } = signed(name, signing);
  const value = headers[header]!;
  const tag = /[A-Za-z0-9+/]{40,}={0,2}/.exec(value)![0];
  return { ...headers, [header]: value.replace(tag, () => change(tag)) };
}

const HMACS = Object.keys(PRESETS).filter((name) => presetOf(name).kind === 'hmac');

describe('core/signature: every way to be wrong', () => {
  for (const name of HMACS) {
    const { encoding, header, prefix, tolerance } = presetOf(name);
    const wrong: [string, () => Record<string, string>, string | RegExp][] = [
      ['missing', () => ({ ...signed(name).headers, [header.toLowerCase()]: undefined as never }), 'signature_missing'],
      ['empty', () => ({ ...signed(name).headers, [header.toLowerCase()]: '' }), 'signature_missing'],
      ['blank', () => ({ ...signed(name).headers, [header.toLowerCase()]: ' \t' }), 'signature_missing'],
      ['the prefix alone', () => changed(name, () => ''), /signature_(missing|malformed)/],
      ['cut by one character', () => changed(name, (tag) => tag.slice(0, -1)), 'signature_malformed'],
      ['cut in half', () => changed(name, (tag) => tag.slice(0, tag.length / 2)), 'signature_malformed'],
      ['cut to four bytes', () => changed(name, (tag) => tag.slice(0, 8)), 'signature_malformed'],
      ['one character longer', () => changed(name, (tag) => `${tag}0`), 'signature_malformed'],
      ['one byte longer', () => changed(name, (tag) => `${tag}00`), 'signature_malformed'],
      ['in the other encoding', () => signed(name, { encoding: other(encoding) }).headers, 'signature_malformed'],
      [
        'of zeros',
        () => changed(name, (tag) => '0'.repeat(tag.replace(/=+$/, '').length).padEnd(tag.length, '=')),
        'signature_mismatch',
      ],
      [
        'first character changed',
        () => changed(name, (tag) => (tag[0] === '0' ? '1' : '0') + tag.slice(1)),
        'signature_mismatch',
      ],
      ['of another key', () => signed(name, { key: OTHER }).headers, 'signature_mismatch'],
      ['of an empty body', () => signed(name, { body: '' }).headers, 'signature_mismatch'],
      ['of another body', () => signed(name, { body: BODY.replace('95', '96') }).headers, 'signature_mismatch'],
      [
        'of the body written anew',
        () => signed(name, { body: JSON.stringify(JSON.parse(BODY), null, 1) }).headers,
        'signature_mismatch',
      ],
      ['in quotes', () => changed(name, (tag) => `"${tag}"`), 'signature_malformed'],
      ['with 0x', () => changed(name, (tag) => `0x${tag}`), 'signature_malformed'],
      [
        'of full-width digits',
        () => changed(name, (tag) => tag.replace(/[0-9]/, (d) => String.fromCharCode(0xff10 + Number(d)))),
        'signature_malformed',
      ],
      ['with a NUL', () => changed(name, (tag) => `${tag.slice(0, -1)}\0`), 'signature_malformed'],
    ];
    // Digits of hex mean the same in either case; in base64 they are others.
    if (encoding === 'base64')
      wrong.push(['in the other letter case', () => changed(name, swapped), /signature_(mismatch|malformed)/]);
    else
      wrong.push([
        'in the other letter case, which is the same bytes',
        () => changed(name, (tag) => tag.toUpperCase()),
        'ok current',
      ]);
    if (prefix === '')
      wrong.push(
        ['twice in one header', () => changed(name, (tag) => `${tag}, ${tag}`), 'signature_malformed'],
        ['with a prefix that is none of its own', () => changed(name, (tag) => `sha256=${tag}`), 'signature_malformed'],
      );
    else
      wrong.push(
        [
          'without its prefix',
          () => {
            const { headers, header: at } = signed(name);
            return { ...headers, [at]: headers[at]!.replace(prefix, '') };
          },
          'signature_malformed',
        ],
        [
          'of several, all of another key',
          () => {
            const { headers, header: at } = signed(name, { key: OTHER });
            return { ...headers, [at]: `${headers[at]} ${headers[at]}` };
          },
          /signature_mismatch|time_missing/,
        ],
      );
    if (tolerance > 0)
      wrong.push(
        ['old by a second too much', () => signed(name, { at: NOW / 1000 - tolerance - 1 }).headers, 'time_too_old'],
        [
          'of the future by a second too much',
          () => signed(name, { at: NOW / 1000 + tolerance + 1 }).headers,
          'time_in_future',
        ],
        ['old, within the tolerance', () => signed(name, { at: NOW / 1000 - tolerance }).headers, 'ok current'],
        ['with a time that is none', () => signed(name, { at: Number.NaN }).headers, 'time_malformed'],
      );

    describe(name, () => {
      it('right', () => assert.equal(verdict(name, signed(name).headers), 'ok current'));
      for (const [what, headers, expected] of wrong)
        it(what, () => {
          const given = verdict(name, headers());
          if (typeof expected === 'string') assert.equal(given, expected);
          else assert.match(given, expected);
        });

      it('of the previous key: until its end, and not a millisecond longer', () => {
        const { headers } = signed(name, { key: OTHER });
        const keys = { current: KEY, previous: OTHER };
        assert.equal(verdict(name, headers, BODY, keys), 'ok previous');
        assert.equal(verdict(name, headers, BODY, { ...keys, until: NOW }), 'ok previous');
        assert.equal(verdict(name, headers, BODY, { ...keys, until: NOW - 1 }), 'secret_expired');
      });

      it('replayed: the very request again, where a time or an id is signed', () => {
        const scheme = presetOf(name);
        const proof = verifier(name).verify(request(signed(name).headers));
        assert.ok(proof.ok);
        // Without a time or an id the same bytes are an honest repetition: the ledger's event ids give it no effect.
        assert.equal(proof.once !== null, scheme.timestamp !== '' || scheme.id !== '');
        if (!proof.once) return;
        const window = new ReplayWindow(() => NOW);
        assert.equal(window.begin(proof.once.key, proof.once.until), 'first');
        window.stored(proof.once.key);
        assert.equal(window.begin(proof.once.key, proof.once.until), 'stored');
      });
    });
  }

  for (const name of ['token', 'basic'])
    it(`${name}: missing, empty, cut, longer, other case, other key, previous after its end`, () => {
      const { headers } = signed(name);
      const value = headers.authorization!;
      const [word = '', secret = ''] = value.split(' ');
      assert.equal(verdict(name, headers), 'ok current');
      const texts: [string | undefined, RegExp][] = [
        [undefined, /token_missing/],
        ['', /token_missing/],
        [word, /token_missing/],
        [`${word} `, /token_missing/],
        [secret, /token_missing/],
        [`Digest ${secret}`, /token_missing/],
        [`${word} ${secret.slice(0, -1)}`, /token_(wrong|missing)/],
        [`${word} ${secret}0`, /token_(wrong|missing)/],
        [`${word} ${swapped(secret)}`, /token_(wrong|missing)/],
        [`${word} ${secret}, ${word} ${secret}`, /token_(wrong|missing)/],
        [signed(name, { key: OTHER }).headers.authorization, /token_wrong/],
      ];
      for (const [text, expected] of texts)
        assert.match(verdict(name, text === undefined ? {} : { authorization: text }), expected, String(text));
      const old = signed(name, { key: OTHER }).headers;
      assert.equal(verdict(name, old, BODY, { previous: OTHER, until: NOW }), 'ok previous');
      assert.equal(verdict(name, old, BODY, { previous: OTHER, until: NOW - 1 }), 'secret_expired');
    });
});
