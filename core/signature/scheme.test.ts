import assert from 'node:assert/strict';
import { ConfigError } from '../errors';
import { PRESETS, presetOf } from './presets';
import type { Scheme } from './types';
import { Verifier } from './verify';

describe('core/signature: what is wrong at deploy', () => {
  const wrong = (scheme: Partial<Scheme>, { secret } = { secret: 'a secret' }): string => {
    try {
      new Verifier({ ...PRESETS.custom, ...scheme }, { current: secret, previous: '', previousUntil: null }, Date.now);
      return 'accepted';
    } catch (thrown) {
      assert.ok(thrown instanceof ConfigError);
      return thrown.code;
    }
  };

  it('secrets', () => {
    assert.equal(wrong({}, { secret: '' }), 'secret_missing');
    assert.equal(wrong({ secretEncoding: 'hex' }, { secret: 'abc' }), 'secret_invalid');
    assert.equal(wrong({ secretEncoding: 'hex' }, { secret: 'zz' }), 'secret_invalid');
    assert.equal(wrong({ secretEncoding: 'hex' }, { secret: 'AbCd' }), 'accepted');
    assert.equal(wrong({ secretEncoding: 'base64' }, { secret: 'whsec_' }), 'secret_invalid');
    assert.equal(wrong({ secretEncoding: 'base64' }, { secret: 'not base64!' }), 'secret_invalid');
    assert.equal(wrong({ secretEncoding: 'base64' }, { secret: 'aGVsbG8' }), 'accepted');
    assert.equal(wrong({ kind: 'token', header: 'Authorization' }, { secret: '' }), 'secret_missing');
  });

  it('a template that proves nothing, a time that is not signed', () => {
    assert.equal(wrong({ signed: '' }), 'signed_invalid');
    assert.equal(wrong({ signed: 'hello {you}' }), 'signed_invalid');
    assert.equal(wrong({ signed: '{timestamp}{body}' }), 'timestamp_missing');
    assert.equal(wrong({ signed: '{id}{body}' }), 'id_missing');
    assert.equal(wrong({ timestamp: 'header:x-time' }), 'timestamp_unsigned');
    assert.equal(wrong({ id: 'signature:n' }), 'id_unsigned');
    assert.equal(wrong({ timestamp: 'json:sent_at', tolerance: 60 }), 'accepted');
    assert.equal(wrong({ timestamp: 'body' }), 'timestamp_invalid');
    assert.equal(wrong({ tolerance: 60 }), 'tolerance_without_time');
    assert.equal(wrong({ tolerance: -1 }), 'tolerance_invalid');
    assert.equal(wrong({ header: 'X Signature' }), 'header_invalid');
    assert.equal(wrong({ algorithm: 'md5' as never }), 'config_invalid');
    assert.throws(() => presetOf('toString'), ConfigError);
  });
});
