import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type JsonValue, parseExactJson } from '../stock/exact-json';
import { compileTemplate } from './template';
import type { SignedRequest } from './types';

const REQUEST: SignedRequest = {
  body: Buffer.from('{"store_id":1,"deep":{"list":[{"x":"å"},12.40]},"yes":true,"none":null,"obj":{}}'),
  method: 'post',
  target: '/a/b?c=d',
  url: 'https://shop.example/a/b?c=d',
  headers: { 'x-nonce': 'n1', 'x-latin': 'caf\u00e9' },
};

function render(template: string, request = REQUEST): string {
  let json: JsonValue | undefined;
  try {
    json = parseExactJson(request.body);
  } catch {
    json = undefined;
  }
  const out = compileTemplate(template).render({ request, json, id: 'ID', timestamp: '123' });
  return Array.isArray(out) ? Buffer.concat(out).toString('utf8') : out.code;
}

describe('core/signature/template', () => {
  it('fills every known name', () => {
    assert.equal(render('{method} {path} {url} {id}.{timestamp}'), 'POST /a/b?c=d https://shop.example/a/b?c=d ID.123');
    assert.equal(render('{header:X-Nonce}'), 'n1');
    assert.equal(render('{method}{lf}{id} {lf} '), 'POST\nID \n ');
    assert.deepEqual(compileTemplate('a{lf}b').names, [], 'a line feed is no part of the request');
    assert.equal(render('{body}'), REQUEST.body.toString());
    assert.equal(render('{json:store_id}|{json:deep.list.0.x}|{json:deep.list.1}|{json:yes}'), '1|å|12.40|true');
  });

  it('keeps the bytes of a header as they were sent', () => {
    const out = compileTemplate('{header:x-latin}').render({
      request: REQUEST,
      json: undefined,
      id: null,
      timestamp: null,
    });
    assert.ok(Array.isArray(out));
    assert.deepEqual(Buffer.concat(out), Buffer.from('636166e9', 'hex'));
  });

  it('says what is missing', () => {
    assert.equal(render('{header:x-other}'), 'value_missing');
    for (const path of [
      'none',
      'obj',
      'deep',
      'other',
      'deep.list.9',
      'deep.list.-1',
      'toString',
      '__proto__',
      'store_id.x',
    ])
      assert.equal(render(`{json:${path}}`), 'value_missing', path);
    assert.equal(render('{json:a}', { ...REQUEST, body: Buffer.from('[') }), 'body_not_json');
    assert.equal(render('{url}', { ...REQUEST, url: null }), 'url_unknown');
  });

  it('leaves every other brace as text', () => {
    for (const text of [
      '{"a": {"b": 1}}',
      '{}',
      '{ body }',
      '{BODY}',
      '{bodyx}',
      '{json:}',
      '{header:}',
      '{header:a b}',
      '{{',
      '}{',
    ])
      assert.equal(render(text), text);
    assert.equal(render('{{body}'), `{${REQUEST.body}`);
  });

  it('any text around placeholders comes out as it is', () => {
    const plain = fc.string({ unit: 'grapheme' }).filter((text) => compileTemplate(text).names.length === 0);
    fc.assert(
      fc.property(plain, plain, (before, after) => {
        const glued = compileTemplate(`${before}{id}${after}`);
        if (glued.names.length === 1) assert.equal(render(`${before}{id}${after}`), `${before}ID${after}`);
      }),
    );
  });
});
