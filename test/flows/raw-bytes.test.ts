/** Exact bytes, limits and deploys in a real Node-RED, with the editor at `/` (its parsers stand in front) and elsewhere. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { connect } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { freePort } from '../support/free-port';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';

const LIMIT = 20_000;

/** Answers with what arrived: parameter, query and the bytes in base64. */
const ECHO =
  "msg.payload = {shop: msg.req.params.shop, q: msg.req.query.q, raw: msg.rawBody.toString('base64'), events: msg.payload.length};" +
  'msg.headers = {}; return msg;';

const place = (entry: FlowEntry, index: number): FlowEntry => ({ z: 'tab', x: 100, y: 60 * (index + 1), ...entry });

function flows(name = 'first'): FlowEntry[] {
  return [
    { id: 'tab', type: 'tab', label: name },
    ...[
      {
        id: 'in',
        type: 'shelfwire-paradigm-in',
        name,
        path: '/Webhook/:shop/inventory',
        unsigned: 'allow',
        defaultStore: '1',
        maxBody: LIMIT,
        wires: [['echo']],
      },
      { id: 'echo', type: 'function', func: ECHO, outputs: 1, wires: [['out']] },
      { id: 'core', type: 'http in', url: '/core/:shop', method: 'post', wires: [['out']] },
      { id: 'raw', type: 'http in', url: '/raw', method: 'post', skipBodyParsing: true, wires: [['out']] },
      { id: 'get', type: 'http in', url: '/Webhook/:shop/inventory', method: 'get', wires: [['out']] },
      { id: 'out', type: 'http response', statusCode: '', headers: {}, wires: [] },
    ].map(place),
  ];
}

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

function send(
  port: number,
  path: string,
  body: Buffer | string,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = http.request({ port, host: '127.0.0.1', path, method, headers, agent: false }, async (res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of res) chunks.push(chunk as Buffer);
      resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks).toString() });
    });
    req.on('error', reject);
    req.end(body);
  });
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const EVENT =
  '{"eventType":"INVENTORY_UPDATE",  "productId":"1015AW","newQuantity":95.0,"timestamp":"2025-08-01T22:30:00Z"}';

for (const httpAdminRoot of ['/', '/admin']) {
  describe(`raw bytes with the editor at ${httpAdminRoot}`, () => {
    let red: RunningNodeRed;
    /** Answers to requests that were sent from before the process listened until its flows ran. */
    const early = new Set<number>();

    before(async () => {
      const port = await freePort();
      let starting = true;
      const poll = (async () => {
        while (starting) {
          const answer = await send(port, '/webhook/x/inventory', EVENT, JSON_TYPE).catch(() => null);
          if (answer) early.add(answer.status);
          else await new Promise((resolve) => setTimeout(resolve, 2));
        }
      })();
      red = await startNodeRed({ flows: flows(), port, settings: { httpAdminRoot } });
      starting = false;
      await poll;
    });
    after(() => red?.stop());

    const post = (path: string, body: Buffer | string, headers: Record<string, string> = JSON_TYPE) =>
      send(red.port, path, body, headers);

    it('never answers 404 while it starts', () => {
      assert.ok(
        [...early].every((status) => status === 200 || status === 503),
        [...early].join(),
      );
    });

    it('gives them for paths with parameters, in any letter case, with a query and a trailing slash', async () => {
      for (const path of [
        '/Webhook/Dubai%20Mall/inventory?q=1',
        '/WEBHOOK/Dubai%20Mall/INVENTORY?q=1',
        '/webhook/Dubai%20Mall/inventory/?q=1',
      ]) {
        const answer = await post(path, EVENT);
        assert.equal(answer.status, 200, answer.body);
        assert.deepEqual(JSON.parse(answer.body), {
          shop: 'Dubai Mall',
          q: '1',
          raw: Buffer.from(EVENT).toString('base64'),
          events: 1,
        });
      }
    });

    it('gives them as they were on the wire, whatever they are', async () => {
      const bodies: [Buffer, Record<string, string>][] = [
        [Buffer.from('{"a":1.0,  "b": [1e2]}'), JSON_TYPE],
        [Buffer.from('{"malformed": '), JSON_TYPE],
        [Buffer.from('a=1&a=2'), { 'Content-Type': 'text/json+json' }],
        [Buffer.alloc(0), JSON_TYPE],
        [Buffer.alloc(0), {}],
        [Buffer.from([0xff, 0x00, 0xfe]), JSON_TYPE],
        [gzipSync(EVENT), { ...JSON_TYPE, 'Content-Encoding': 'gzip' }],
        [brotliCompressSync(EVENT), { ...JSON_TYPE, 'Content-Encoding': 'br' }],
        [Buffer.from('not gzip'), { ...JSON_TYPE, 'Content-Encoding': 'gzip' }],
        [Buffer.from(EVENT), { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }],
        [Buffer.alloc(LIMIT - 1, 'x'), JSON_TYPE],
        [Buffer.alloc(LIMIT, 'x'), JSON_TYPE],
      ];
      for (const [body, headers] of bodies) {
        const answer = await post('/webhook/x/inventory', body, headers);
        assert.equal(answer.status, 200, answer.body);
        assert.equal(JSON.parse(answer.body).raw, body.toString('base64'));
      }
    });

    it('answers problems as JSON with a message before any flow sees them', async () => {
      for (const [body, headers, status] of [
        [Buffer.alloc(LIMIT + 1, 'x'), JSON_TYPE, 413],
        [Buffer.alloc(LIMIT + 1, 'x'), { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }, 413],
        [Buffer.alloc(3_000_000), { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }, 413],
        [gzipSync(Buffer.alloc(LIMIT + 1)), { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, 413],
        [Buffer.from('x'), { ...JSON_TYPE, 'Content-Encoding': 'compress' }, 415],
        [Buffer.from('x'), { 'Content-Type': 'text/xml' }, 415],
      ] as const) {
        const answer = await post('/webhook/x/inventory', body, headers);
        assert.equal(answer.status, status, answer.body);
        assert.match(answer.headers['content-type'] ?? '', /json/);
        assert.equal(typeof JSON.parse(answer.body).message, 'string');
        assert.doesNotMatch(answer.body, /node_modules/);
      }
      const malformed = await post('/webhook/%ff/inventory', EVENT);
      assert.equal(malformed.status, 400);
      assert.match(JSON.parse(malformed.body).message, /UTF-8/);
    });

    it('takes a sender that asks first and outlives one that goes away', async () => {
      const asked = await post('/webhook/x/inventory', EVENT, { ...JSON_TYPE, Expect: '100-continue' });
      assert.equal(asked.status, 200);
      await new Promise<void>((resolve) => {
        const socket = connect(red.port, '127.0.0.1', () => {
          socket.write('POST /webhook/x/inventory HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nabc', () =>
            socket.destroy(),
          );
        });
        socket.on('close', () => resolve());
      });
      assert.equal((await post('/webhook/x/inventory', EVENT)).status, 200);
    });

    it('answers a sender that offers HTTP/2 first, and leaves the connection of the editor alone', async function () {
      if (!('shouldUpgradeCallback' in http.createServer())) this.skip();
      const offer = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' };
      const answer = await post('/webhook/x/inventory', EVENT, { ...JSON_TYPE, ...offer });
      assert.equal(answer.status, 200, answer.body);
      assert.equal(JSON.parse(answer.body).raw, Buffer.from(EVENT).toString('base64'));
      const editor = new WebSocket(`${red.adminUrl.replace('http', 'ws')}/comms`);
      await new Promise((resolve, reject) => {
        editor.addEventListener('open', resolve);
        editor.addEventListener('error', reject);
      });
      editor.close();
    });

    it("leaves core's http in nodes as they are", async () => {
      assert.equal((await post('/core/1', '{"a": 1.0}')).body, '{"a":1}');
      assert.equal((await post('/raw', '{"a": 1.0}')).body, '{"a": 1.0}');
      assert.equal((await send(red.port, '/webhook/x/inventory', '', {}, 'GET')).status, 200);
      assert.equal((await send(red.port, '/webhook/x/inventory', '', {}, 'PUT')).status, 405);
      assert.equal((await post('/nothing/here', '{}')).status, 404);
    });

    it('answers 503 with Retry-After, never 404, through deploys, and 404 once the node is gone for good', async () => {
      for (const type of ['full', 'nodes', 'flows'] as const) {
        let deploying = true;
        const statuses = new Set<number>();
        const poll = (async () => {
          while (deploying) {
            const answer = await post('/webhook/x/inventory', EVENT);
            statuses.add(answer.status);
            if (answer.status === 503) assert.ok(Number(answer.headers['retry-after']) > 0);
          }
        })();
        await red.deploy(flows(type), type);
        deploying = false;
        await poll;
        assert.ok(
          [...statuses].every((status) => status === 200 || status === 503),
          `${type}: ${[...statuses].join()}`,
        );
        assert.equal((await post('/webhook/x/inventory', EVENT)).status, 200);
      }
      await red.deploy(flows().filter(({ id }) => id !== 'in'));
      const gone = await post('/webhook/x/inventory', EVENT);
      assert.equal(gone.status, 404);
      await red.deploy(flows());
      assert.equal((await post('/webhook/x/inventory', EVENT)).status, 200);
    });

    it('refuses the second node on one path and goes on with the first', async () => {
      const second = place(
        {
          id: 'second',
          type: 'shelfwire-mipos-in',
          name: 'the second',
          path: '/WEBHOOK/:other/inventory/',
          wires: [[]],
        },
        9,
      );
      await red.deploy([...flows('twice'), second]);
      assert.match(red.logs(), /already used by "twice"/);
      assert.equal((await post('/webhook/x/inventory', EVENT)).status, 200);
    });
  });
}
