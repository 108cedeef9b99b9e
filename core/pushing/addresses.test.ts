import assert from 'node:assert/strict';
import { checkEndpoint, guardedLookup, isLoopbackUrl } from './addresses';

describe('pushing: addresses', () => {
  it('takes addresses on the internet, in the shop and on this machine', () => {
    for (const text of [
      'https://api.pasons.ae/v1/inventory/1',
      'http://192.168.1.20:5000/api',
      'http://10.0.0.1',
      'http://localhost:4010/x',
      'http://[::1]:80/',
      'http://169.253.1.1/',
      'http://[fec0::1]/',
      'http://[fd12::1]/',
    ])
      assert.equal(checkEndpoint(text).href, new URL(text).href);
  });

  it('refuses link-local and metadata addresses however they are written', () => {
    for (const text of [
      'http://169.254.169.254/latest',
      'http://2852039166/',
      'http://0xa9fea9fe/',
      'http://[::ffff:169.254.169.254]/',
      'http://[fe80::1]/',
      'http://metadata.google.internal/',
      'http://METADATA.google.internal./',
      'http://[fd00:ec2::254]/',
      'http://[fd20:ce::254]/',
      'http://0251.0376.0251.0376/',
      'http://169.254.43518/',
      'http://169.254.169.254./',
      'http://[::ffff:a9fe:a9fe]/',
      'http://[::169.254.169.254]/',
      'http://[64:ff9b::169.254.169.254]/',
      'http://[2002:a9fe:a9fe::1]/',
      'http://[febf::1]/',
      'http://168.63.129.16/',
      'http://１６９.254.169.254/',
      'ftp://host/',
      'file:///etc/passwd',
      'https://user:secret@host/',
      'host/path',
      '',
    ])
      assert.throws(() => checkEndpoint(text), { code: 'endpoint_invalid' }, text);
  });

  it('never quotes what is no address: it may be a key in the wrong field', () => {
    for (const text of ['s3cret-key', 'https://user:s3cret@host/', 'https://user:s3cret@ho st/', 'ftp://s3cret/'])
      assert.throws(
        () => checkEndpoint(text),
        (thrown: Error) => !thrown.message.includes('s3cret'),
      );
  });

  it('knows which addresses certainly are this machine', () => {
    for (const text of [
      'http://127.0.0.1:1',
      'http://127.9.9.9',
      'http://[::1]/',
      'http://localhost/',
      'http://a.localhost',
    ])
      assert.ok(isLoopbackUrl(text), text);
    for (const text of ['http://10.0.0.1', 'http://localhost.example.com', 'https://api.pasons.ae', '127.0.0.1', ''])
      assert.ok(!isLoopbackUrl(text), text);
  });

  it('resolves names to allowed addresses only', async () => {
    const resolved = await new Promise((resolve) =>
      guardedLookup(true)('localhost', {}, (error, address) => resolve(error ?? address)),
    );
    assert.ok(resolved === '127.0.0.1' || resolved === '::1', String(resolved));
    const all = await new Promise((resolve) =>
      guardedLookup(false)('localhost', { all: true }, (error, addresses) => resolve(error ?? addresses)),
    );
    assert.ok(Array.isArray(all) && all.length > 0);
    const refused = await new Promise<NodeJS.ErrnoException | null>((resolve) =>
      guardedLookup(false)('169.254.169.254', {}, (error) => resolve(error)),
    );
    assert.equal(refused?.code, 'ADDRESS_REFUSED');
    const elsewhere = await new Promise<NodeJS.ErrnoException | null>((resolve) =>
      guardedLookup(true)('10.0.0.1', {}, (error) => resolve(error)),
    );
    assert.equal(elsewhere?.code, 'ADDRESS_REFUSED');
  });
});
