import assert from 'node:assert/strict';
import dns from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { TEST_CERT, TEST_KEY } from '../../test/support/certificate';
import { axiosClient } from './axios-client';
import type { HttpRequest } from './http';

describe('pushing: the HTTP client', () => {
  const servers: Server[] = [];
  const client = axiosClient({ answerLimit: 10_000 });

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  function serve(handler: http.RequestListener): Promise<number> {
    return listen(http.createServer(handler));
  }

  function ask(url: string, more: Partial<HttpRequest> = {}) {
    return client.request({
      url,
      method: 'POST',
      headers: { 'X-API-Key': 'secret-key' },
      body: Buffer.from('[1]'),
      timeout: 5000,
      ...more,
    });
  }

  after(async () => {
    client.close();
    for (const server of servers) {
      if ('closeAllConnections' in server) (server as http.Server).closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('sends the exact bytes and reads a complete answer', async () => {
    let seen = Buffer.alloc(0);
    let headers: http.IncomingHttpHeaders = {};
    const port = await serve(async (req, res) => {
      headers = req.headers;
      seen = Buffer.concat(await req.toArray());
      res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip', 'Retry-After': '7' });
      res.end(gzipSync('{"message":"ok"}'));
    });
    const body = Buffer.from('[{"selling_price":12.40,"x":"é"}]');
    const result = await ask(`http://127.0.0.1:${port}/a%20b?c=d`, { body });
    assert.ok(result.answered);
    assert.deepEqual(seen, body);
    assert.equal(headers['x-api-key'], 'secret-key');
    assert.equal(headers['content-length'], String(body.length));
    assert.equal(result.statusCode, 200);
    assert.equal(Buffer.from(result.body).toString(), '{"message":"ok"}');
    assert.equal(result.headers['retry-after'], '7');
    assert.ok(result.duration_ms >= 0);
  });

  it('takes nothing at all for nothing, also when it is said to be packed', async () => {
    const port = await serve((req, res) => {
      const [, status, encoding] = req.url!.split('/');
      res.writeHead(Number(status), { 'Content-Encoding': encoding }).end();
    });
    for (const what of ['204/gzip', '200/gzip', '204/br', '200/deflate', '204/zstd']) {
      const result = await ask(`http://127.0.0.1:${port}/${what}`);
      assert.ok(result.answered && result.body.length === 0, `${what}: ${JSON.stringify(result)}`);
    }
  });

  it('returns every status instead of throwing, and follows no redirect', async () => {
    let other = 0;
    const port = await serve((req, res) => {
      if (req.url === '/other') other += 1;
      const status = Number(req.url?.slice(1));
      res.writeHead(status || 200, { Location: '/other' }).end();
    });
    for (const status of [301, 302, 307, 308, 401, 404, 500, 503]) {
      const result = await ask(`http://127.0.0.1:${port}/${status}`);
      assert.equal(result.statusCode, status);
      assert.ok(result.answered);
    }
    assert.equal(other, 0);
  });

  it('knows that a request never left', async () => {
    const free = await listen(net.createServer());
    const server = servers.pop()!;
    await new Promise((resolve) => server.close(resolve));
    const refused = await ask(`http://127.0.0.1:${free}/`);
    assert.ok(!refused.answered && !refused.sent && refused.fault === 'connection_refused');

    const unknown = await ask('http://no-such-host.invalid/');
    assert.ok(!unknown.answered && !unknown.sent && unknown.fault === 'name_not_found');

    const header = await ask(`http://127.0.0.1:${free}/`, { headers: { 'X-API-Key': 'a\nb' } });
    assert.ok(!header.answered && !header.sent, JSON.stringify(header));
  });

  it('does not talk to a platform whose certificate is not trusted', async () => {
    let requests = 0;
    const port = await listen(
      https.createServer({ key: TEST_KEY, cert: TEST_CERT }, (_req, res) => {
        requests += 1;
        res.end('{}');
      }),
    );
    const result = await ask(`https://localhost:${port}/`);
    assert.ok(!result.answered && !result.sent && result.fault === 'tls', JSON.stringify(result));
    assert.equal(requests, 0);

    const plain = await serve((_req, res) => void res.end());
    const handshake = await ask(`https://127.0.0.1:${plain}/`);
    assert.ok(!handshake.answered && !handshake.sent && handshake.fault === 'tls', JSON.stringify(handshake));
  });

  it('knows over TLS too when a request has left, also on a reused connection', async () => {
    const trusting = axiosClient({ ca: TEST_CERT });
    let requests = 0;
    const port = await listen(
      https.createServer({ key: TEST_KEY, cert: TEST_CERT }, (req, res) => {
        requests += 1;
        if (requests === 1) res.end('{}');
        else req.on('data', () => req.socket.destroy());
      }),
    );
    try {
      const request: HttpRequest = {
        url: `https://localhost:${port}/`,
        method: 'POST',
        headers: {},
        body: Buffer.from('[]'),
        timeout: 5000,
      };
      const first = await trusting.request(request);
      assert.ok(first.answered, JSON.stringify(first));
      const second = await trusting.request(request);
      assert.ok(!second.answered && second.sent && second.fault === 'connection_lost', JSON.stringify(second));
    } finally {
      trusting.close();
    }
  });

  it('does not know the outcome of what was sent and not wholly answered', async () => {
    const port = await serve((req, res) => {
      req.resume();
      req.on('end', () => {
        if (req.url === '/drop') req.socket.destroy();
        if (req.url === '/cut') {
          res.writeHead(200, { 'Content-Length': '100' });
          res.write('{"message":');
          setImmediate(() => req.socket.destroy());
        }
        if (req.url === '/endless') {
          res.writeHead(200);
          const more = () => {
            while (!res.destroyed && res.write('x'.repeat(1000)));
          };
          res.on('drain', more);
          more();
        }
        if (req.url === '/half') res.writeHead(200).write('{');
      });
    });
    const url = `http://127.0.0.1:${port}`;
    const dropped = await ask(`${url}/drop`);
    assert.ok(!dropped.answered && dropped.sent && dropped.fault === 'connection_lost', JSON.stringify(dropped));
    const cut = await ask(`${url}/cut`);
    assert.ok(!cut.answered && cut.sent && cut.statusCode === 200, JSON.stringify(cut));
    const endless = await ask(`${url}/endless`);
    assert.ok(!endless.answered && endless.sent && endless.fault === 'answer_too_long', JSON.stringify(endless));
    for (const path of ['/silent', '/half']) {
      const late = await ask(url + path, { timeout: 150 });
      assert.ok(!late.answered && late.sent && late.fault === 'timeout', JSON.stringify(late));
      assert.match(late.detail, /0\.15 s/);
    }
    const stop = new AbortController();
    const asked = ask(`${url}/silent`, { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    const aborted = await asked;
    assert.ok(!aborted.answered && aborted.sent && aborted.fault === 'aborted', JSON.stringify(aborted));
  });

  it('never connects to a link-local address, however it is spelt or whatever name leads there', async () => {
    for (const host of [
      '169.254.169.254',
      '2852039166',
      '0xa9.0xfe.0xa9.0xfe',
      '[::ffff:169.254.169.254]',
      '[fe80::1]',
      '[fd00:ec2::254]',
    ]) {
      const result = await ask(`http://${host}:1/latest`, { method: 'GET' });
      assert.ok(!result.answered && !result.sent && result.fault === 'address_refused', JSON.stringify(result));
    }
    // The name of a machine may lead anywhere: what counts is what it resolves to at the moment of connecting.
    const { lookup } = dns;
    let asked = 0;
    const leads = (_name: string, _options: object, callback: (...args: unknown[]) => void) => {
      asked += 1;
      callback(null, [
        { address: '10.0.0.1', family: 4 },
        { address: '169.254.169.254', family: 4 },
      ]);
    };
    try {
      Object.assign(dns, { lookup: leads });
      for (const protocol of ['http', 'https']) {
        const result = await ask(`${protocol}://platform.example/`);
        assert.ok(!result.answered && !result.sent && result.fault === 'address_refused', JSON.stringify(result));
      }
    } finally {
      Object.assign(dns, { lookup });
    }
    assert.equal(asked, 2);
  });

  it('follows no redirect, so that the key stays here, wherever it leads', async () => {
    const seen: string[] = [];
    const elsewhere = await serve((req, res) => {
      seen.push(String(req.headers['x-api-key']));
      res.end('{}');
    });
    const locations = [
      `http://127.0.0.1:${elsewhere}/`,
      'http://169.254.169.254/latest/meta-data',
      '//169.254.169.254/',
      '/same',
    ];
    const port = await serve((req, res) => {
      if (req.url === '/same') seen.push('same');
      res.writeHead(307, { Location: locations[Number(req.url?.slice(1))] ?? '/' }).end();
    });
    for (const [index] of locations.entries()) {
      const result = await ask(`http://127.0.0.1:${port}/${index}`);
      assert.ok(result.answered && result.statusCode === 307);
    }
    assert.deepEqual(seen, []);
  });

  it('sends simulated numbers to this machine only', async () => {
    const result = await ask('http://192.0.2.1/', { loopbackOnly: true });
    assert.ok(!result.answered && !result.sent && result.fault === 'address_refused');
  });
});
