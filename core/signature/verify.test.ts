import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { PRESETS, presetOf } from './presets';
import type { Scheme, SignedRequest } from './types';
import { Verifier } from './verify';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const BODY = Buffer.from('{"productId":"1015AW","newQuantity":95.0}');
const SECRET = 'correct horse battery staple';

const hex = (secret: string | Buffer, body: string | Uint8Array, algorithm = 'sha256') =>
  createHmac(algorithm, secret).update(body).digest('hex');
const base64 = (secret: string | Buffer, body: string | Uint8Array) =>
  createHmac('sha256', secret).update(body).digest('base64');

function request(headers: Record<string, string>, body: Uint8Array | string = BODY): SignedRequest {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    body: typeof body === 'string' ? Buffer.from(body) : body,
    method: 'POST',
    target: '/hooks/x?a=1',
    url: 'https://shop.example/hooks/x?a=1',
    headers: lower,
  };
}

interface Rotation {
  secret?: string;
  previous?: string;
  previousUntil?: number | null;
}

function verifier(scheme: Scheme, { secret = SECRET, previous = '', previousUntil = null }: Rotation = {}, now = NOW) {
  return new Verifier(scheme, { current: secret, previous, previousUntil }, () => now);
}

function code(scheme: Scheme, what: SignedRequest, rotation?: Rotation, now = NOW): string {
  const verdict = verifier(scheme, rotation, now).verify(what);
  if (!verdict.ok) {
    assert.ok(verdict.message.length > 10);
    for (const secret of [rotation?.secret ?? SECRET, rotation?.previous ?? SECRET])
      if (secret !== '') assert.ok(!verdict.message.includes(secret), 'no secret in a message');
  }
  return verdict.ok ? `ok ${verdict.key}` : verdict.code;
}

describe('core/signature: published vectors', () => {
  it('RFC 4231 and RFC 2202, every algorithm', () => {
    const data = 'what do ya want for nothing?';
    for (const [algorithm, tag] of [
      ['sha1', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
      ['sha256', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
      [
        'sha512',
        '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
      ],
    ] as const)
      assert.equal(
        code({ ...PRESETS.custom, algorithm }, request({ 'X-Signature': tag }, data), { secret: 'Jefe' }),
        'ok current',
      );
  });

  it("GitHub's", () => {
    const headers = {
      'X-Hub-Signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    };
    assert.equal(
      code(PRESETS.github, request(headers, 'Hello, World!'), { secret: "It's a Secret to Everybody" }),
      'ok current',
    );
  });

  it("Slack's", () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const headers = {
      'X-Slack-Signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      'X-Slack-Request-Timestamp': '1531420618',
    };
    const secret = '8f742231b10e8888abcd99yyyzzz85a5';
    assert.equal(code(PRESETS.slack, request(headers, body), { secret }, 1531420618_000), 'ok current');
  });

  it("Standard Webhooks'", () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const sent = request(headers, '{"test": 2432232314}');
    assert.equal(code(PRESETS['standard-webhooks'], sent, { secret }, 1614265330_000), 'ok current');
  });

  it("RFC 7617's password", () => {
    const headers = { Authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' };
    assert.equal(code(PRESETS.basic, request(headers), { secret: 'Aladdin:open sesame' }), 'ok current');
  });
});

describe('core/signature: every preset', () => {
  /** Signs as the sender would, written anew for each scheme. */
  const senders: Record<string, () => { headers: Record<string, string>; secret?: string }> = {
    mipos: () => ({ headers: { 'X-Signature-Request': hex(SECRET, BODY) } }),
    'mipos-constructed': () => ({ headers: {} }),
    paradigm: () => ({ headers: { 'X-Signature': hex(SECRET, BODY) } }),
    shopify: () => ({ headers: { 'X-Shopify-Hmac-Sha256': base64(SECRET, BODY) } }),
    'shopify-events': () => ({ headers: { 'shopify-hmac-sha256': base64(SECRET, BODY) } }),
    woocommerce: () => ({ headers: { 'X-WC-Webhook-Signature': base64(SECRET, BODY) } }),
    square: () => ({
      headers: { 'x-square-hmacsha256-signature': base64(SECRET, `https://shop.example/hooks/x?a=1${BODY}`) },
    }),
    github: () => ({ headers: { 'X-Hub-Signature-256': `sha256=${hex(SECRET, BODY)}` } }),
    stripe: () => ({
      headers: {
        'Stripe-Signature': `t=${NOW / 1000},v1=${hex(SECRET, `${NOW / 1000}.${BODY}`)},v0=${'0'.repeat(64)}`,
      },
    }),
    'standard-webhooks': () => {
      const key = Buffer.from('0123456789abcdef0123456789abcdef');
      return {
        secret: `whsec_${key.toString('base64')}`,
        headers: {
          'webhook-id': 'msg_1',
          'webhook-timestamp': `${NOW / 1000}`,
          'webhook-signature': `v1,${base64(key, `msg_1.${NOW / 1000}.${BODY}`)}`,
        },
      };
    },
    slack: () => ({
      headers: {
        'X-Slack-Request-Timestamp': `${NOW / 1000}`,
        'X-Slack-Signature': `v0=${hex(SECRET, `v0:${NOW / 1000}:${BODY}`)}`,
      },
    }),
    deliveroo: () => ({
      headers: { 'X-Deliveroo-Sequence-Guid': '149', 'X-Deliveroo-Hmac-Sha256': hex(SECRET, `149 ${BODY}`) },
    }),
    'deliveroo-legacy': () => ({
      headers: { 'X-Deliveroo-Sequence-Guid': '149', 'X-Deliveroo-Hmac-Sha256': hex(SECRET, `149 \n ${BODY}`) },
    }),
    uber: () => ({ headers: { 'X-Uber-Signature': hex(SECRET, BODY) } }),
    lightspeed: () => ({ headers: { 'X-Signature': `signature=${hex(SECRET, BODY)},algorithm=HMAC-SHA256` } }),
    custom: () => ({ headers: { 'X-Signature': hex(SECRET, BODY) } }),
    token: () => ({ headers: { Authorization: `Bearer ${SECRET}` } }),
    basic: () => ({ headers: { Authorization: `Basic ${Buffer.from(SECRET).toString('base64')}` } }),
  };

  for (const name of Object.keys(PRESETS)) {
    if (name === 'mipos-constructed') continue;
    it(`${name} takes what its sender sends, and not one changed byte`, () => {
      const { headers, secret = SECRET } = senders[name]!();
      const scheme = presetOf(name);
      assert.equal(code(scheme, request(headers), { secret }), 'ok current');
      if (scheme.kind !== 'hmac') return;
      assert.equal(
        code(scheme, request(headers, Buffer.concat([BODY, Buffer.from(' ')])), { secret }),
        'signature_mismatch',
      );
      assert.equal(code(scheme, request({}), { secret }), 'signature_missing');
    });
  }

  it("mipos-constructed says MiPOS's made-up text", () => {
    const body =
      '{"now":"2020-05-31 09:15:38","store_id":"testst123","inventory_system_id":"3d40a24e-d570-4598-ae68-e20687edd1f9"}';
    const text =
      '{"url": "https://shop.example/hooks/x?a=1", "inventory_system_id": "3d40a24e-d570-4598-ae68-e20687edd1f9", "store_id": "testst123", "now": "2020-05-31 09:15:38"}';
    const headers = { 'X-Signature-Request': hex(SECRET, text) };
    const scheme = PRESETS['mipos-constructed'];
    assert.equal(code(scheme, request(headers, body)), 'ok current');
    assert.equal(code(scheme, { ...request(headers, body), url: null }), 'url_unknown');
    assert.equal(code(scheme, request(headers, '{"now":"2020-05-31 09:15:38"}')), 'value_missing');
    assert.equal(code(scheme, request(headers, 'no json')), 'body_not_json');
    assert.equal(code(scheme, request(headers, body.replace('38', '39'))), 'signature_mismatch');
  });

  it('no preset signs a sending time of Paradigm or MiPOS', () => {
    for (const name of ['mipos', 'mipos-constructed', 'paradigm'] as const) {
      assert.equal(PRESETS[name].tolerance, 0);
      const { headers } = senders[name]!();
      const verdict = verifier(PRESETS[name]).verify(request(headers));
      if (verdict.ok) assert.equal(verdict.once, null);
    }
  });
});

describe('core/signature: every way to be wrong', () => {
  const good = hex(SECRET, BODY);
  const withTag = (tag: string) => code(PRESETS.custom, request({ 'X-Signature': tag }));

  it('hex: only the whole tag, in either letter case', () => {
    assert.equal(withTag(good), 'ok current');
    assert.equal(withTag(good.toUpperCase()), 'ok current');
    assert.equal(withTag(` ${good} `), 'ok current', 'blanks around a header value are no part of it');
    for (const tag of [
      good.slice(0, -1),
      good.slice(0, 32),
      good.slice(0, 2),
      `${good}00`,
      `${good}0`,
      `0x${good}`,
      `g${good.slice(1)}`,
      `${good},${good}`,
      `${good.slice(0, 63)} `,
      `sha256=${good}`,
      Buffer.from(good, 'hex').toString('base64'),
    ])
      assert.equal(withTag(tag), 'signature_malformed', tag);
    assert.equal(withTag(''), 'signature_missing');
    assert.equal(withTag('   '), 'signature_missing');
    assert.equal(withTag('0'.repeat(64)), 'signature_mismatch');
    assert.equal(withTag(hex('another secret', BODY)), 'signature_mismatch');
  });

  it('base64: only the canonical whole text', () => {
    const tag = base64(SECRET, BODY);
    const scheme = PRESETS.shopify;
    const given = (text: string) => code(scheme, request({ 'X-Shopify-Hmac-Sha256': text }));
    assert.equal(given(tag), 'ok current');
    // The last digit before the padding has two bits that decode to nothing: another text, the same bytes.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const last = tag.at(-2)!;
    const twin = `${tag.slice(0, -2)}${alphabet[alphabet.indexOf(last) ^ 1]}=`;
    assert.deepEqual(Buffer.from(twin, 'base64'), Buffer.from(tag, 'base64'));
    for (const text of [
      twin,
      tag.slice(0, -1),
      `${tag}=`,
      tag.slice(0, 20),
      `${tag.slice(0, -4)}====`,
      hex(SECRET, BODY),
    ])
      assert.equal(given(text), 'signature_malformed', text);
    assert.equal(
      given(tag.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))),
      'signature_mismatch',
      'one changed digit',
    );
    const urlSafe = tag.replaceAll('+', '-').replaceAll('/', '_');
    if (urlSafe !== tag) assert.equal(given(urlSafe), 'signature_malformed');
  });

  it('a shorter digest of another algorithm is not taken', () => {
    assert.equal(withTag(hex(SECRET, BODY, 'sha1')), 'signature_malformed');
    assert.equal(withTag(hex(SECRET, BODY, 'sha512')), 'signature_malformed');
  });

  it('an empty body is signed like any other', () => {
    assert.equal(code(PRESETS.custom, request({ 'X-Signature': hex(SECRET, '') }, '')), 'ok current');
    assert.equal(code(PRESETS.custom, request({ 'X-Signature': good }, '')), 'signature_mismatch');
  });

  it('several signatures: any whole and right one counts', () => {
    const tag = hex(SECRET, `${NOW / 1000}.${BODY}`);
    const t = NOW / 1000;
    const stripe = (value: string) => code(PRESETS.stripe, request({ 'Stripe-Signature': value }));
    assert.equal(stripe(`t=${t},v1=${'0'.repeat(64)},v1=${tag}`), 'ok current');
    assert.equal(stripe(`t=${t}, v1=${tag}`), 'ok current');
    assert.equal(stripe(`t=${t},v0=${tag}`), 'signature_malformed', 'only the version that is checked');
    assert.equal(stripe(`t=${t},xv1=${tag}`), 'signature_malformed');
    assert.equal(stripe(`v1=${tag}`), 'time_missing');
    assert.equal(stripe(`t=${t},t=${t - 1},v1=${tag}`), 'time_missing', 'which time was meant nobody knows');
    assert.equal(stripe(`t=${t + 1},v1=${tag}`), 'signature_mismatch', 'the time is signed');
    const many = Array.from({ length: 40 }, () => `v1=${'0'.repeat(64)}`).join(',');
    assert.equal(stripe(`t=${t},${many},v1=${tag}`), 'signature_mismatch', 'not more than 16 are tried');
  });

  it('tolerance in both directions, to the second', () => {
    const at = (sent: number) =>
      code(
        PRESETS.slack,
        request({
          'X-Slack-Request-Timestamp': `${sent}`,
          'X-Slack-Signature': `v0=${hex(SECRET, `v0:${sent}:${BODY}`)}`,
        }),
      );
    const now = NOW / 1000;
    assert.equal(at(now - 300), 'ok current');
    assert.equal(at(now - 301), 'time_too_old');
    assert.equal(at(now + 300), 'ok current');
    assert.equal(at(now + 301), 'time_in_future');
    assert.equal(at(Number.NaN), 'time_malformed');
    assert.equal(at(99999999999), 'time_in_future');
    assert.equal(code(PRESETS.slack, request({ 'X-Slack-Signature': `v0=${good}` })), 'time_missing');
  });

  it('a signed time as milliseconds and as ISO 8601', () => {
    const scheme: Scheme = { ...PRESETS.slack, signed: '{timestamp}{body}', prefix: '' };
    const at = (sent: string) =>
      code(scheme, request({ 'X-Slack-Request-Timestamp': sent, 'X-Slack-Signature': hex(SECRET, `${sent}${BODY}`) }));
    assert.equal(at(`${NOW}`), 'ok current');
    assert.equal(at('2026-03-01T14:00:00+04:00'), 'ok current');
    assert.equal(at('2026-03-01T10:00:00'), 'time_malformed', 'without a zone');
    assert.equal(at('2026-03-01T09:00:00Z'), 'time_too_old');
    assert.equal(at('-1'), 'time_malformed');
    assert.equal(at('1e9'), 'time_malformed');
  });

  it('an id that is signed may not be missing', () => {
    const headers = { 'X-Deliveroo-Hmac-Sha256': hex(SECRET, ` ${BODY}`) };
    assert.equal(code(PRESETS.deliveroo, request(headers)), 'id_missing');
  });

  it('two live secrets, the previous one until its end', () => {
    const old = 'the old one';
    const byOld = request({ 'X-Signature': hex(old, BODY) });
    assert.equal(code(PRESETS.custom, byOld), 'signature_mismatch');
    assert.equal(code(PRESETS.custom, byOld, { previous: old }), 'ok previous');
    assert.equal(code(PRESETS.custom, byOld, { previous: old, previousUntil: NOW }), 'ok previous');
    assert.equal(code(PRESETS.custom, byOld, { previous: old, previousUntil: NOW - 1 }), 'secret_expired');
    const byNew = request({ 'X-Signature': good });
    assert.equal(code(PRESETS.custom, byNew, { previous: old, previousUntil: NOW - 1 }), 'ok current');
    assert.equal(code(PRESETS.custom, byNew, { previous: SECRET, previousUntil: NOW - 1 }), 'ok current');
  });

  it('token and password', () => {
    const token = (value?: string) => code(PRESETS.token, request(value === undefined ? {} : { Authorization: value }));
    assert.equal(token(`bearer ${SECRET}`), 'ok current');
    assert.equal(token(), 'token_missing');
    assert.equal(token(SECRET), 'token_missing');
    assert.equal(token('Bearer '), 'token_missing');
    assert.equal(token(`Bearer ${SECRET}x`), 'token_wrong');
    assert.equal(token(`Bearer ${SECRET.slice(1)}`), 'token_wrong');
    assert.equal(token(`Basic ${SECRET}`), 'token_missing');
    const header: Scheme = { ...PRESETS.token, header: 'X-Api-Key', prefix: '' };
    assert.equal(code(header, request({ 'X-Api-Key': SECRET })), 'ok current');
    const previous = { secret: 'new', previous: SECRET };
    assert.equal(code(PRESETS.token, request({ Authorization: `Bearer ${SECRET}` }), previous), 'ok previous');
    const basic = (value: string) => code(PRESETS.basic, request({ Authorization: value }), { secret: 'a:b' });
    assert.equal(basic(`Basic ${Buffer.from('a:c').toString('base64')}`), 'token_wrong');
    assert.equal(basic('Basic a:b'), 'token_missing');
    assert.equal(basic('Basic'), 'token_missing');
  });
});

describe('core/signature: for any content', () => {
  it('one changed bit anywhere is noticed, the exact bytes pass', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, position) => {
        const headers = { 'X-Signature': hex(SECRET, bytes) };
        assert.equal(code(PRESETS.custom, request(headers, bytes)), 'ok current');
        const changed = Uint8Array.from([...bytes, 0]);
        assert.equal(code(PRESETS.custom, request(headers, changed)), 'signature_mismatch');
        if (bytes.length > 0) {
          const flipped = Uint8Array.from(bytes);
          const at = position % (bytes.length * 8);
          flipped[at >> 3] = flipped[at >> 3]! ^ (1 << (at & 7));
          assert.equal(code(PRESETS.custom, request(headers, flipped)), 'signature_mismatch');
        }
      }),
    );
  });

  it('a header of any text is judged without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...Object.keys(PRESETS)), (text, name) => {
        const scheme = presetOf(name);
        const secret = scheme.secretEncoding === 'base64' ? 'aGVsbG8=' : SECRET;
        const verdict = verifier(scheme, { secret }).verify(request({ [scheme.header]: text }));
        assert.equal(verdict.ok, false);
      }),
    );
  });
});
