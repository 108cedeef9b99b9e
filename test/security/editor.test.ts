/** `npm start` without a password: the editor is for this machine, and no page of another site gets into it. */
import assert from 'node:assert/strict';
import http, { type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { eventually } from '../support/eventually';
import { npmStart, type Started } from '../support/npm-start';
import { type TempFolder, tempFolder } from '../support/temp-folder';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

describe('the editor of npm start', function () {
  this.timeout(60_000);
  let data: TempFolder;
  let red: Started;
  before(async () => {
    data = tempFolder('editor');
    red = await npmStart(data.path);
  });
  after(async () => {
    await red?.stop();
    data.remove();
  });

  function ask(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const req = http.request(
        { host: '127.0.0.1', port: red.port, method, path, headers, agent: false },
        async (res) => {
          resolve({
            status: res.statusCode!,
            headers: res.headers,
            body: Buffer.concat(await res.toArray()).toString(),
          });
        },
      );
      req.on('error', reject);
      req.end(body);
    });
  }

  /** The status line of an answer to a WebSocket's handshake, '' when the connection is closed without one. */
  function upgrade(headers: Record<string, string>): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(red.port, '127.0.0.1');
      let answer = '';
      const lines = {
        Host: `127.0.0.1:${red.port}`,
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      };
      socket.write(
        `GET /admin/comms HTTP/1.1\r\n${Object.entries(lines)
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('')}\r\n`,
      );
      socket.on('data', (piece) => {
        answer += piece.toString('latin1');
        socket.destroy();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(answer.split('\r\n')[0]!));
    });
  }

  const evil = { Origin: 'https://evil.example' };

  it('takes no change from a page of another site, of Node-RED or of ours', async () => {
    for (const path of [
      '/admin/flows',
      '/admin/inject/sw-inject-sync-all',
      '/admin/shelfwire/outlets/pasons:1/pause',
      '/admin/nodes',
    ])
      for (const headers of [
        evil,
        { Origin: 'null' },
        { Origin: `http://127.0.0.1:${red.port + 1}` },
        { 'Sec-Fetch-Site': 'cross-site' },
      ]) {
        const answer = await ask('POST', path, { 'Content-Type': 'text/plain', ...headers }, '[]');
        assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}`);
        assert.equal(JSON.parse(answer.body).code, 'foreign_origin');
      }
    await eventually(async () => (await ask('POST', '/admin/shelfwire/outlets/pasons:1/pause')).status === 200);
    const own = { Origin: red.url, Host: `127.0.0.1:${red.port}`, 'Sec-Fetch-Site': 'same-origin' };
    assert.equal((await ask('POST', '/admin/shelfwire/outlets/pasons:1/resume', own)).status, 200);
  });

  it('answers under no name that only leads here, and nothing that comes through a tunnel', async () => {
    for (const headers of [
      { Host: 'evil.example' },
      { Host: `evil.example:${red.port}` },
      { Host: '127.0.0.1.evil.example' },
      { Host: 'localhost@evil.example' },
      { 'X-Forwarded-For': '203.0.113.9' },
      { Forwarded: 'for=203.0.113.9' },
    ] as Record<string, string>[])
      for (const path of ['/admin/', '/admin/flows', '/admin/shelfwire/outlets', '/ADMIN/flows', '//admin/flows'])
        assert.ok([403, 404].includes((await ask('GET', path, headers)).status), `${path} ${JSON.stringify(headers)}`);
    for (const Host of [`localhost:${red.port}`, `127.0.0.1:${red.port}`, `[::1]:${red.port}`])
      assert.equal((await ask('GET', '/admin/flows', { Host })).status, 200, Host);
    // Senders come through tunnels.
    assert.equal(
      (
        await ask(
          'POST',
          '/webhook/mipos/stock',
          { Host: 'shop.example', 'X-Forwarded-For': '203.0.113.9', 'Content-Type': 'application/json' },
          '{}',
        )
      ).status,
      401,
    );
  });

  it('tells nobody else what it tells the editor while it runs', async () => {
    assert.match(await upgrade({ Origin: red.url }), / 101 /);
    assert.match(await upgrade({}), / 101 /);
    for (const headers of [
      evil,
      { Origin: 'null' },
      { Host: 'evil.example' },
      { Host: 'evil.example', Origin: 'http://evil.example' },
    ])
      assert.equal(await upgrade(headers), '', JSON.stringify(headers));
  });

  it('is shown in no frame, and no page of ours lets a browser guess', async () => {
    const page = await ask('GET', '/admin/');
    assert.equal(page.status, 200);
    assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'self'/);
    for (const path of ['/admin/', '/admin/settings', '/health', '/api/none', '/webhook/none']) {
      const { headers } = await ask('GET', path);
      assert.equal(headers['x-content-type-options'], 'nosniff', path);
      if (!path.startsWith('/admin')) {
        assert.match(String(headers['content-type']), /^application\/json/, path);
        assert.equal(headers['x-powered-by'], undefined, path);
      }
    }
  });
});
