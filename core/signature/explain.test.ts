import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { type Explanation, explain } from './explain';
import { nearBodies, parsePasted } from './pasted';
import { type PresetName, presetOf } from './presets';
import type { Scheme } from './types';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const SECRET = 'correct horse battery staple';
const COMPACT = '{"productId":"1015AW","newQuantity":95.0,"note":"Zürich/1"}';

const sign = (content: string, { secret = SECRET as string | Buffer, algorithm = 'sha256' } = {}) =>
  createHmac(algorithm, secret).update(content);
const hex = (content: string) => sign(content).digest('hex');
const base64 = (content: string) => sign(content).digest('base64');

interface Given {
  headers: string;
  body?: string;
  scheme?: PresetName;
  change?: Partial<Scheme>;
  secret?: string;
  previous?: string;
  previousUntil?: number | null;
  url?: string;
}

function why({ headers, body = COMPACT, scheme = 'paradigm', change = {}, ...more }: Given): Explanation {
  const { source: _, ...settings } = presetOf(scheme);
  const { secret = SECRET, previous = '', previousUntil = null, url = null } = more;
  const told = explain(
    { ...settings, ...change },
    { current: secret, previous, previousUntil },
    { ...parsePasted(headers), body, url },
    () => NOW,
  );
  const text = JSON.stringify(told);
  for (const one of [secret, previous]) assert.ok(one.trim().length < 4 || !text.includes(one.trim()), 'no secret');
  for (const tag of [hex(body), base64(body), hex(COMPACT)])
    assert.ok(headers.includes(tag) || !text.includes(tag), 'no expected signature');
  return told;
}

const told = (given: Given) => {
  const { verified, step, code } = why(given);
  return `${verified ? 'yes' : 'no'} ${step} ${code}`;
};
/** What is offered to be changed really verifies. */
function mends(given: Given, code: string): void {
  const { fix, ...first } = why(given);
  assert.equal(first.code, code);
  assert.ok(fix, code);
  assert.equal(why({ ...given, change: { ...given.change, ...fix } }).verified, true, code);
}

describe('core/signature: why a pasted request does not verify', () => {
  it('says that it verifies, and with which secret', () => {
    assert.equal(told({ headers: `X-Signature: ${hex(COMPACT)}` }), 'yes done verified');
    const old = sign(COMPACT, { secret: 'the old one' }).digest('hex');
    assert.equal(told({ headers: `x-signature: ${old}`, previous: 'the old one' }), 'yes done verified_previous');
    assert.equal(
      told({ headers: `x-signature: ${old}`, previous: 'the old one', previousUntil: NOW - 1 }),
      'no match secret_expired',
    );
  });

  it('setup: a secret that is empty or not in its encoding', () => {
    assert.equal(told({ headers: '', secret: '' }), 'no setup setup');
    assert.equal(told({ headers: '', change: { secretEncoding: 'hex' } }), 'no setup setup');
  });

  it('header: missing, under another name, or another sender’s', () => {
    assert.equal(told({ headers: 'Content-Type: application/json' }), 'no header signature_missing');
    mends({ headers: `Signature: ${hex(COMPACT)}` }, 'header_other');
    mends({ headers: `X-Hub-Signature-256: sha256=${hex(COMPACT)}` }, 'header_other');
    mends({ headers: `X-Shopify-Hmac-Sha256: ${base64(COMPACT)}` }, 'header_other');
    const unknown = why({ headers: `X_Signature: ${hex('another body')}\nX-Request-Id: ${'a'.repeat(64)}` });
    assert.equal(unknown.code, 'header_candidate');
    assert.equal(unknown.values.found, 'X_Signature', 'the likest name first');
  });

  it('form: encoding, prefix, algorithm, a cut or unreadable signature', () => {
    mends({ headers: `X-Signature: ${base64(COMPACT)}` }, 'encoding_other');
    mends({ headers: `X-Signature: ${hex(COMPACT)}`, change: { encoding: 'base64' } }, 'encoding_other');
    mends({ headers: `X-Signature: sha256=${hex(COMPACT)}` }, 'prefix_other');
    mends({ headers: `X-Signature: ${hex(COMPACT)}`, change: { prefix: 'v1=' } }, 'prefix_other');
    const sha512 = sign(COMPACT, { algorithm: 'sha512' }).digest('hex');
    mends({ headers: `X-Signature: ${sha512}` }, 'algorithm_other');
    assert.equal(told({ headers: `X-Signature: ${hex(COMPACT).slice(0, 20)}...` }), 'no form signature_cut');
    assert.equal(told({ headers: 'X-Signature: (none)' }), 'no form signature_malformed');
  });

  it('parts: a signed time, id or value that is missing, an address that is not set', () => {
    const stripe = `Stripe-Signature: v1=${hex('1.x')}`;
    assert.equal(told({ scheme: 'stripe', headers: stripe }), 'no parts time_missing');
    assert.equal(told({ scheme: 'deliveroo', headers: `X-Deliveroo-Hmac-Sha256: ${hex('x')}` }), 'no parts id_missing');
    const mipos = `X-Signature-Request: ${hex('x')}`;
    assert.equal(told({ scheme: 'mipos-constructed', headers: mipos }), 'no parts url_unknown');
    const url = 'https://shop.example/hook';
    assert.equal(told({ scheme: 'mipos-constructed', headers: mipos, url }), 'no parts value_missing');
    assert.equal(told({ scheme: 'mipos-constructed', headers: mipos, url, body: 'a=b' }), 'no parts body_not_json');
  });

  it('match: the body was changed by copying, and how', () => {
    const pretty = JSON.stringify(JSON.parse(COMPACT), null, 2).replace('95', '95.0');
    const from = (signed: string, body: string) => told({ headers: `X-Signature: ${hex(signed)}`, body });
    assert.equal(from(COMPACT, `${COMPACT}\n`), 'yes done body_newline_removed');
    assert.equal(from(`${COMPACT}\n`, COMPACT), 'yes done body_newline_added');
    assert.equal(from('a\r\nb\r\n', 'a\nb\n'), 'yes done body_crlf');
    assert.equal(from(COMPACT, `  ${COMPACT}`), 'yes done body_blanks_removed');
    assert.equal(from(COMPACT, pretty), 'yes done body_json_compact');
    assert.equal(from(pretty, COMPACT), 'yes done body_json_pretty');
    assert.equal(
      from(
        COMPACT.replace(/([:,])"?/g, (m) => `${m[0]} ${m.slice(1)}`),
        COMPACT,
      ),
      'yes done body_json_spaced',
    );
    const ascii = COMPACT.replace('ü', '\\u00fc').replace('/', '\\/');
    assert.equal(from(ascii, COMPACT), 'yes done body_json_escaped');
    assert.equal(from(COMPACT, ascii), 'yes done body_json_escaped');
    assert.equal(from(`\uFEFF${COMPACT}`, COMPACT), 'yes done body_bom');
  });

  it('match: blanks at the secret, its encoding, other content, another address, and nothing that fits', () => {
    const headers = `X-Signature: ${hex(COMPACT)}`;
    assert.equal(told({ headers, secret: `${SECRET}\n` }), 'no match secret_blanks');
    const key = '00ff10aabbccddee';
    const keyed = sign(COMPACT, { secret: Buffer.from(key, 'hex') }).digest('hex');
    mends({ headers: `X-Signature: ${keyed}`, secret: key }, 'secret_encoding_other');
    mends(
      { headers: `X-Signature: ${hex(`https://shop.example/h${COMPACT}`)}`, url: 'https://shop.example/h' },
      'signed_other',
    );
    const square = `X-Square-HmacSha256-Signature: ${base64(`http://shop.example/h${COMPACT}`)}`;
    assert.equal(told({ scheme: 'square', headers: square, url: 'https://shop.example/h/' }), 'no match url_other');
    assert.equal(told({ headers: `X-Signature: ${hex('something else')}` }), 'no match signature_mismatch');
  });

  it('time: says by how much, and only when the signature itself fits', () => {
    const at = (seconds: number) => {
      const time = NOW / 1000 + seconds;
      return `Stripe-Signature: t=${time},v1=${hex(`${time}.${COMPACT}`)}`;
    };
    assert.equal(told({ scheme: 'stripe', headers: at(-100) }), 'yes done verified');
    const old = why({ scheme: 'stripe', headers: at(-3600) });
    assert.deepEqual([old.step, old.code, old.values], ['time', 'time_too_old', { seconds: 3600, tolerance: 300 }]);
    assert.equal(told({ scheme: 'stripe', headers: at(3600) }), 'no time time_in_future');
    const soon = `Stripe-Signature: t=soon,v1=${hex(`soon.${COMPACT}`)}`;
    assert.equal(told({ scheme: 'stripe', headers: soon }), 'no time time_malformed');
  });

  it('tokens and passwords', () => {
    const token = (value: string, more: Partial<Given> = {}) =>
      told({ scheme: 'token', headers: `Authorization: ${value}`, ...more });
    assert.equal(token(`Bearer ${SECRET}`), 'yes done verified');
    assert.equal(token('Bearer no'), 'no match token_wrong');
    assert.equal(token(`Bearer ${SECRET}`, { secret: ` ${SECRET}` }), 'no match secret_blanks');
    assert.equal(told({ scheme: 'token', headers: '' }), 'no header token_missing');
    mends({ scheme: 'token', headers: 'Authorization: Token abcdef', secret: 'abcdef' }, 'prefix_other');
    const basic = (pair: string, secret: string) =>
      told({ scheme: 'basic', headers: `Authorization: Basic ${Buffer.from(pair).toString('base64')}`, secret });
    assert.equal(basic('shop:pass', 'shop:pass'), 'yes done verified');
    assert.equal(basic('shop:pass', 'pass'), 'no match basic_without_name');
    assert.equal(told({ scheme: 'basic', headers: 'Authorization: shop' }), 'no form basic_malformed');
  });
});

describe('core/signature: what was pasted', () => {
  it('reads headers from logs, curl -v, curl commands, HTTP/2 and JSON', () => {
    const log = parsePasted('POST /hook?a=1 HTTP/1.1\r\nX-Signature: abc\r\nHost:shop\r\n\r\n');
    assert.deepEqual(log.headers, { 'x-signature': 'abc', host: 'shop' });
    assert.deepEqual([log.method, log.target, log.written['x-signature']], ['POST', '/hook?a=1', 'X-Signature']);
    const verbose = parsePasted('* Connected\n> PUT https://shop.example/a HTTP/2\n> X-Signature: abc\n< HTTP/2 204');
    assert.deepEqual([verbose.method, verbose.target, verbose.headers], ['PUT', '/a', { 'x-signature': 'abc' }]);
    const command = parsePasted('curl \\\n -H \'X-Signature: abc\' \\\n --header "A: b" \\\n https://shop.example');
    assert.deepEqual(command.headers, { 'x-signature': 'abc', a: 'b' });
    assert.equal(parsePasted(':method: POST\n:path: /b\nX-A: 1').target, '/b');
    assert.deepEqual(parsePasted('{"x-signature": "abc", "via": ["a", "b"]}').headers, {
      'x-signature': 'abc',
      via: 'a, b',
    });
    assert.deepEqual(parsePasted('X-A: 1\nx-a: 2').headers, { 'x-a': '1, 2' });
  });

  it('takes anything without throwing, and near bodies of JSON mean the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (headers, body) => {
        parsePasted(headers);
        nearBodies(body);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (body) => {
        for (const { change, text } of nearBodies(body))
          if (change !== 'bom') assert.deepEqual(JSON.parse(text), JSON.parse(body), change);
      }),
    );
  });
});
