import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import http, { type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { eventually } from '../../test/support/eventually';
import type { NodeDef, RED, RedNode } from '../red';
import { dispatcher } from './dispatcher';
import { holdOwnPath } from './hold';
import { type HttpInput, holdPath, prepareHttp, type ReceiveOptions, receive, receiversDown } from './receive';
import { RefusalLog } from './refusal-log';

const express = require('express');

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Apps, roots and a node as Node-RED makes them. */
class Bench {
  readonly events = new EventEmitter();
  readonly errors: string[] = [];
  readonly root = express();
  readonly admin = express();
  readonly node = express();
  flows: Record<string, unknown>[] | null = [];
  readonly nodes: EventEmitter[] = [];
  server!: Server;
  private n = 0;

  constructor(
    readonly settings: Record<string, unknown> = {},
    mount: (bench: Bench) => void = (bench) => {
      bench.admin.use(express.json());
      bench.root.use('/', bench.admin);
      bench.root.use('/', bench.node);
    },
  ) {
    mount(this);
  }

  get red(): RED {
    return {
      httpNode: this.node,
      settings: this.settings,
      events: this.events,
      nodes: {
        eachNode: (callback: (def: unknown) => void) => {
          if (!this.flows) throw new TypeError('not loaded');
          this.flows.forEach(callback);
        },
      },
    } as unknown as RED;
  }

  receiver(
    options: Partial<ReceiveOptions> & Pick<ReceiveOptions, 'path'>,
    id = `n${++this.n}`,
  ): { close(): Promise<void> } {
    const node = this.newNode(id);
    receive(this.red, node as unknown as RedNode, {
      method: 'POST',
      handler: (input) => input.reply({ status: 200, body: { message: 'ok', hex: input.rawBody.toString('hex') } }),
      ...options,
    });
    return { close: () => closeNode(node) };
  }

  newNode(id: string): EventEmitter {
    const node = Object.assign(new EventEmitter(), {
      id,
      name: `name of ${id}`,
      error: (e: unknown) => this.errors.push(String(e)),
    });
    this.nodes.push(node);
    return node;
  }

  async start(): Promise<void> {
    this.server = http.createServer(this.root).listen(0, '127.0.0.1');
    await new Promise((resolve) => this.server.once('listening', resolve));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  send(
    path: string,
    body: Buffer | string = '',
    headers: Record<string, string> = {},
    method = 'POST',
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const req = http.request(
        { port: this.port, host: '127.0.0.1', path, method, headers, agent: false },
        async (res: IncomingMessage) => {
          const chunks: Buffer[] = [];
          for await (const chunk of res) chunks.push(chunk as Buffer);
          resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks).toString() });
        },
      );
      req.on('error', reject);
      req.end(body);
    });
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await closeNode(node);
    dispatcher().routes.prune();
    for (const route of dispatcher().routes.down()) assert.fail(`left behind: ${route.path}`);
    this.server?.closeAllConnections();
    await new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(null)));
  }
}

async function closeNode(node: EventEmitter): Promise<void> {
  for (const listener of node.listeners('close'))
    await new Promise<void>((done) => (listener as (removed: boolean, done: () => void) => void)(false, done));
  node.removeAllListeners('close');
}

const hex = (answer: Answer) => (JSON.parse(answer.body) as { hex: string }).hex;
const isMessage = (answer: Answer) => {
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
  const body = JSON.parse(answer.body) as { message: string };
  assert.equal(typeof body.message, 'string');
  assert.doesNotMatch(answer.body, /\bat .*\.js/);
};

describe('receiving over HTTP', () => {
  let bench: Bench;
  afterEach(async () => {
    await bench.stop();
    assert.equal(dispatcher().inFlight.requests, 0);
    assert.equal(dispatcher().inFlight.bytes, 0);
  });

  for (const [name, mount] of Object.entries<(bench: Bench) => void>({
    'with the editor at /': (b) => {
      b.admin.use(express.json());
      b.root.use('/', b.admin);
      b.root.use('/', b.node);
    },
    'with the editor at /admin': (b) => {
      b.admin.use(express.json());
      b.root.use('/admin', b.admin);
      b.root.use('/', b.node);
    },
    'inside a router that hides the root app': (b) => {
      const router = express.Router();
      router.use(b.node);
      b.root.use(router);
    },
  })) {
    it(`gives the exact bytes ${name}`, async () => {
      bench = new Bench({}, mount);
      bench.receiver({ path: '/webhook/shop', maxBody: 200 });
      bench.receiver({
        path: '/api/feed/:store_id',
        handler: (input) =>
          input.reply({ status: 200, body: { message: input.params.store_id!, hex: input.rawBody.toString('hex') } }),
      });
      await bench.start();
      const json = { 'Content-Type': 'application/json' };
      for (const body of ['{"a":1.0,  "b":[]}', '{"a":', '', '\u00e9\r\n', 'x'.repeat(200)]) {
        for (const path of ['/webhook/shop', '/WebHook/Shop/', '/webhook/shop?x=1']) {
          const answer = await bench.send(path, body, json);
          assert.equal(answer.status, 200, answer.body);
          assert.equal(hex(answer), Buffer.from(body).toString('hex'));
        }
      }
      const answer = await bench.send('/API/feed/Caf%C3%A9', '{"a": 1.0', json);
      assert.equal(JSON.parse(answer.body).message, 'Café');
      assert.equal(hex(answer), Buffer.from('{"a": 1.0').toString('hex'));
      const zipped = gzipSync('{"a":1}');
      assert.equal(
        hex(await bench.send('/webhook/shop', zipped, { ...json, 'Content-Encoding': 'gzip' })),
        zipped.toString('hex'),
      );
    });
  }

  it('knows httpNodeRoot', async () => {
    bench = new Bench({}, (b) => {
      b.admin.use(express.json());
      b.root.use('/', b.admin);
      b.root.use('/hooks', b.node);
    });
    bench.receiver({ path: '/shop' });
    await bench.start();
    assert.equal(
      hex(await bench.send('/hooks/shop', '{"a":1.0}', { 'Content-Type': 'application/json' })),
      Buffer.from('{"a":1.0}').toString('hex'),
    );
    assert.equal((await bench.send('/shop')).status, 404);
  });

  it('answers 413 by declared and by counted length, and the answer arrives', async () => {
    bench = new Bench();
    bench.receiver({ path: '/w', maxBody: 100_000 });
    await bench.start();
    assert.equal((await bench.send('/w', 'x'.repeat(100_000))).status, 200);
    const declared = await bench.send('/w', 'x'.repeat(100_001));
    assert.equal(declared.status, 413);
    isMessage(declared);
    const counted = await bench.send('/w', Buffer.alloc(3_000_000), { 'Transfer-Encoding': 'chunked' });
    assert.equal(counted.status, 413);
    isMessage(counted);
  });

  it('undoes gzip, deflate and br within the limit', async () => {
    bench = new Bench();
    bench.receiver({
      path: '/w',
      maxBody: 1_000,
      handler: async (input) => input.reply({ status: 200, body: { message: (await input.content()).toString() } }),
    });
    await bench.start();
    const text = '{"sku": "1015AW"}';
    for (const [encoding, bytes] of [
      ['gzip', gzipSync(text)],
      ['GZIP', gzipSync(text)],
      ['deflate', deflateSync(text)],
      ['br', brotliCompressSync(text)],
      ['identity', Buffer.from(text)],
    ] as const) {
      const answer = await bench.send('/w', bytes, { 'Content-Encoding': encoding });
      assert.equal(JSON.parse(answer.body).message, text, encoding);
    }
    const full = await bench.send('/w', gzipSync('x'.repeat(1_000)), { 'Content-Encoding': 'gzip' });
    assert.equal(full.status, 200);
    for (const bomb of [gzipSync('x'.repeat(1_001)), gzipSync(Buffer.alloc(900_000))]) {
      const answer = await bench.send('/w', bomb, { 'Content-Encoding': 'gzip' });
      assert.equal(answer.status, 413);
      isMessage(answer);
    }
    assert.equal((await bench.send('/w', 'not gzip', { 'Content-Encoding': 'gzip' })).status, 400);
    const unknown = await bench.send('/w', 'x', { 'Content-Encoding': 'lzma' });
    assert.equal(unknown.status, 415);
    isMessage(unknown);
  });

  it('answers 415 to another type, and takes a missing one', async () => {
    bench = new Bench();
    bench.receiver({ path: '/w', types: ['application/json'] });
    await bench.start();
    for (const type of ['application/json; charset=utf-8', 'application/vnd.shop+json', 'Application/JSON'])
      assert.equal((await bench.send('/w', '{}', { 'Content-Type': type })).status, 200, type);
    assert.equal((await bench.send('/w', '{}')).status, 200);
    const answer = await bench.send('/w', '<a/>', { 'Content-Type': 'text/xml' });
    assert.equal(answer.status, 415);
    isMessage(answer);
  });

  it('answers 503, never 404, from the start until the nodes are there and while they are deployed', async () => {
    bench = new Bench();
    bench.flows = null;
    prepareHttp(bench.red);
    await bench.start();
    const early = await bench.send('/w');
    assert.equal(early.status, 503);
    const health = await bench.send('/health', '', {}, 'GET');
    assert.equal(health.status, 503, 'also what is asked with GET');
    isMessage(health);
    assert.ok(Number(early.headers['retry-after']) > 0);
    isMessage(early);

    bench.flows = [];
    const first = bench.receiver({ path: '/w' }, 'one');
    bench.events.emit('flows:started');
    assert.equal((await bench.send('/w')).status, 200);
    assert.equal((await bench.send('/other')).status, 404);
    assert.deepEqual(receiversDown(), []);

    await first.close();
    const during = await bench.send('/w', 'x');
    assert.equal(during.status, 503);
    assert.ok(Number(during.headers['retry-after']) > 0);
    assert.equal(receiversDown().length, 1);
    const second = bench.receiver({ path: '/w' }, 'one');
    bench.events.emit('flows:started');
    assert.equal((await bench.send('/w')).status, 200);

    await second.close();
    bench.events.emit('flows:started');
    assert.equal((await bench.send('/w')).status, 404);
  });

  it('holds the path of a node that cannot work', async () => {
    bench = new Bench();
    holdPath(
      bench.red,
      bench.newNode('x') as unknown as RedNode,
      { method: 'POST', path: '/w' },
      'Its settings are wrong.',
    );
    bench.events.emit('flows:started');
    await bench.start();
    const answer = await bench.send('/w');
    assert.equal(answer.status, 503);
    assert.match(answer.body, /Its settings are wrong/);
  });

  it('refuses a path that is used twice, also by a http in node', async () => {
    bench = new Bench();
    bench.receiver({ path: '/w/:a' }, 'one');
    assert.throws(() => bench.receiver({ path: '/W/:b/' }, 'two'), /POST \/W\/:b\/ is already used by "name of one"/);
    bench.receiver({ path: '/w/:a', method: 'PUT' }, 'three');
    bench.flows = [{ id: 'h', type: 'http in', name: 'core', method: 'post', url: 'core' }];
    assert.throws(() => bench.receiver({ path: '/core' }, 'four'), /http in node "core"/);
    bench.flows[0]!.d = true;
    bench.receiver({ path: '/core' }, 'four');
  });

  it('a receiver that gets no address is not up, until it is closed', async () => {
    bench = new Bench({ httpAdminRoot: '/admin' });
    bench.receiver({ path: '/w' }, 'one');
    const homeless = [
      ['/W/', /already used by "name of one"/],
      ['w', /cannot be used/],
      ['/admin/w', /belongs to the editor/],
    ] as const;
    for (const [path, why] of homeless) {
      const node = bench.newNode(`at ${path}`);
      holdOwnPath(bench.red, node as unknown as RedNode, { path } as unknown as NodeDef, '/fallback');
      const [down, ...others] = receiversDown();
      assert.deepEqual([down?.method, down?.path, others], ['POST', path, []]);
      assert.match(down!.why, why);
      await closeNode(node);
      assert.deepEqual(receiversDown(), []);
    }
  });

  it('leaves other routes alone and says which method is meant', async () => {
    bench = new Bench();
    bench.receiver({ path: '/w' });
    bench.node.get('/w', (_req: unknown, res: { send(text: string): void }) => res.send('core'));
    bench.node.post(
      '/core/:x',
      express.json(),
      (req: { body: unknown; params: unknown }, res: { json(v: unknown): void }) => res.json([req.params, req.body]),
    );
    await bench.start();
    assert.equal((await bench.send('/w', '', {}, 'GET')).body, 'core');
    const wrong = await bench.send('/w', '', {}, 'PUT');
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.allow, 'POST');
    isMessage(wrong);
    const core = await bench.send('/core/1', '{"a":1}', { 'Content-Type': 'application/json' });
    assert.equal(core.body, '[{"x":"1"},{"a":1}]');
  });

  it('runs httpNodeMiddleware, and hides what it throws', async () => {
    let pass = false;
    bench = new Bench({
      httpNodeMiddleware: (_req: unknown, _res: unknown, next: (e?: unknown) => void) =>
        next(pass ? undefined : Object.assign(new Error('inside'), { status: 403 })),
    });
    bench.receiver({ path: '/w' });
    await bench.start();
    const refused = await bench.send('/w', 'x');
    assert.equal(refused.status, 403);
    isMessage(refused);
    assert.doesNotMatch(refused.body, /inside/);
    pass = true;
    assert.equal((await bench.send('/w', 'x')).status, 200);
  });

  it('tells the remedy when the program around it has read the body', async () => {
    bench = new Bench({}, (b) => {
      const router = express.Router();
      router.use(express.json(), b.node);
      b.root.use(router);
    });
    bench.receiver({ path: '/w' });
    await bench.start();
    const answer = await bench.send('/w', '{"a": 1.0}', { 'Content-Type': 'application/json' });
    assert.equal(answer.status, 503);
    assert.match(answer.body, /req\.rawBody/);
    assert.equal(bench.errors.length, 1);
  });

  it('answers 500 without a trace when a handler has a bug', async () => {
    bench = new Bench();
    bench.receiver({
      path: '/w',
      handler: () => {
        throw new Error('s3cret');
      },
    });
    await bench.start();
    const answer = await bench.send('/w', 'x');
    assert.equal(answer.status, 500);
    isMessage(answer);
    assert.doesNotMatch(answer.body, /s3cret/);
    assert.deepEqual(bench.errors, ['Error: s3cret']);
  });

  it('bounds what is in flight, by number and by bytes, and takes requests again afterwards', async () => {
    bench = new Bench();
    const held: HttpInput[] = [];
    bench.receiver({ path: '/w', maxBody: 1_000, handler: (input) => void held.push(input) });
    await bench.start();
    const limits = dispatcher().inFlight.limits;
    const before = { ...limits };
    try {
      Object.assign(limits, { requests: 3, bytes: 2_500 });
      const waiting = [bench.send('/w', 'x'.repeat(1_000)), bench.send('/w', 'x'.repeat(1_000))];
      await eventually(() => held.length === 2);
      const tooMuch = await bench.send('/w', 'x'.repeat(501));
      assert.equal(tooMuch.status, 503);
      assert.ok(Number(tooMuch.headers['retry-after']) > 0);
      waiting.push(bench.send('/w', 'x'));
      await eventually(() => held.length === 3);
      assert.equal((await bench.send('/w', 'x')).status, 503);
      for (const input of held.splice(0)) input.reply({ status: 204 });
      for (const one of waiting) assert.equal((await one).status, 204);
      const again = bench.send('/w', 'x'.repeat(1_000));
      (await eventually(() => held[0])).reply({ status: 204 });
      assert.equal((await again).status, 204);
    } finally {
      Object.assign(limits, before);
    }
  });

  it('lets whoever sends slowly give way, by number and by bytes, so that nobody is kept out', async () => {
    bench = new Bench();
    bench.receiver({ path: '/w', maxBody: 1_000 });
    await bench.start();
    const limits = dispatcher().inFlight.limits;
    const before = { ...limits };
    const sockets: Socket[] = [];
    const trickle = async (bytes: number) => {
      const had = dispatcher().inFlight.bytes;
      const socket = connect(bench.port, '127.0.0.1').on('error', () => {});
      sockets.push(socket);
      let answer = '';
      socket.on('data', (piece) => {
        answer += piece;
      });
      socket.write(`POST /w HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(bytes)}`);
      await eventually(() => dispatcher().inFlight.bytes === had + bytes);
      return () => answer;
    };
    try {
      Object.assign(limits, { requests: 3, bytes: 2_500 });
      const slow = [await trickle(1), await trickle(1), await trickle(1)];
      assert.equal((await bench.send('/w', 'x')).status, 503, 'they are young still');
      limits.slow = 0;
      assert.equal((await bench.send('/w', 'x')).status, 200);
      await eventually(() => slow[0]!().startsWith('HTTP/1.1 503'));
      assert.equal(slow[1]!(), '');

      limits.requests = 10;
      limits.slow = 60_000;
      const big = [await trickle(900), await trickle(900)];
      assert.equal((await bench.send('/w', 'x'.repeat(900))).status, 503);
      limits.slow = 0;
      assert.equal((await bench.send('/w', 'x'.repeat(900))).status, 200);
      assert.equal((await bench.send('/w', 'x'.repeat(900))).status, 200);
      assert.equal(big[1]!(), '');
    } finally {
      Object.assign(limits, before);
      for (const socket of sockets) socket.destroy();
    }
    await eventually(() => dispatcher().inFlight.requests === 0);
  });

  it('answers every address below its own as JSON, and carries the headers of data', async () => {
    bench = new Bench();
    bench.receiver({ path: '/webhook/shop' });
    bench.node.get('/webhook/core', (_req: unknown, res: { send(text: string): void }) => res.send('core'));
    await bench.start();
    const asked: [string, string, number][] = [
      ['POST', '/webhook/shop', 200],
      ['POST', '/webhook/shopp', 404],
      ['GET', '/WebHook', 404],
      ['DELETE', '/webhook/core', 404],
      ['GET', '/webhook/shop', 405],
      ['POST', '/webhook/%ff', 404],
      ['POST', '/webhook//shop', 404],
    ];
    for (const [method, path, status] of asked) {
      const answer = await bench.send(path, '', {}, method);
      assert.equal(answer.status, status, path);
      isMessage(answer);
      const { headers } = answer;
      assert.deepEqual(
        [headers['x-content-type-options'], headers['cache-control'], headers['x-powered-by']],
        ['nosniff', 'no-store', undefined],
      );
      assert.match(String(headers['content-security-policy']), /default-src 'none'/);
    }
    assert.equal((await bench.send('/webhook/core', '', {}, 'GET')).body, 'core');
    for (const path of ['/elsewhere', '*', '/%', '//webhook/shop']) {
      const answer = await bench.send(path, '', {}, 'GET');
      assert.equal(answer.status, 404, path);
      assert.doesNotMatch(answer.body, /\.js/, path);
    }
  });

  for (const [root, taken] of [
    ['/', '/auth/token'],
    ['/', '/Flows'],
    ['/admin', '/admin/auth/token'],
    ['/admin/', '/ADMIN'],
  ] as const)
    it(`never stands in front of the editor at ${root}: ${taken}`, async () => {
      bench = new Bench({ httpAdminRoot: root }, (b) => {
        b.admin.post(taken, (_req: unknown, res: { send(text: string): void }) => res.send('editor'));
        b.root.use('/', b.admin);
        b.root.use('/', b.node);
      });
      assert.throws(() => bench.receiver({ path: taken }, 'one'), { code: 'path_in_use' });
      bench.receiver({ path: '/:a' }, 'two');
      bench.receiver({ path: '/:a/:b' }, 'three');
      bench.receiver({ path: '/:a/:b/:c' }, 'four');
      await bench.start();
      assert.equal((await bench.send(taken, 'password')).body, 'editor');
      assert.equal((await bench.send('/shop', 'x')).status, 200);
    });

  it('hides proofs of the sender from what lists the headers, not from nodes', async () => {
    bench = new Bench();
    let seen: HttpInput | undefined;
    bench.receiver({
      path: '/w',
      handler: (input) => {
        seen = input;
        input.reply({ status: 204 });
      },
    });
    await bench.start();
    const proofs = {
      Authorization: 'Bearer s3cret',
      'X-Shop-Token': 's3cret',
      Cookie: 'sid=s3cret',
      'X-API-Key': 's3cret',
    };
    await bench.send('/w', 'x', { ...proofs, 'X-Plain': 'seen' });
    const { req } = seen!;
    assert.equal(req.headers.authorization, 'Bearer s3cret');
    assert.equal(seen!.header('X-Shop-Token'), 's3cret');
    const listed = JSON.stringify(
      Object.entries(req).filter(
        ([, value]) => typeof value !== 'object' || value === req.headers || Array.isArray(value),
      ),
    );
    assert.match(listed, /x-plain/);
    assert.doesNotMatch(listed, /s3cret/);
  });

  it('tells the first refused proof at once, the others once with their number', async () => {
    bench = new Bench();
    const told: string[] = [];
    const node = Object.assign(bench.newNode('n'), { warn: (text: string) => told.push(text) });
    const log = new RefusalLog(node as unknown as RedNode, 50);
    for (let n = 0; n < 5_000; n++) log.note('The signature does not match.', '203.0.113.9');
    assert.equal(told.length, 1);
    assert.match(told[0]!, /203\.0\.113\.9 was refused: The signature does not match/);
    await eventually(() => told.length === 2);
    assert.match(told[1]!, /^4999 more requests were refused since then/);
    log.note('Again.', '203.0.113.9');
    await closeNode(node);
    assert.match(told[2]!, /^1 more requests/);
  });

  it('gives the room of clients back that leave while sending', async () => {
    bench = new Bench();
    bench.receiver({ path: '/w' });
    await bench.start();
    const socket = connect(bench.port, '127.0.0.1');
    socket.write('POST /w HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc');
    await eventually(() => dispatcher().inFlight.bytes === 3);
    socket.destroy();
    await eventually(() => dispatcher().inFlight.requests === 0);
  });

  it('keeps the room of a client that leaves while its request is worked on', async () => {
    bench = new Bench();
    const held: HttpInput[] = [];
    bench.receiver({ path: '/w', handler: (input) => void held.push(input) });
    await bench.start();
    const socket = connect(bench.port, '127.0.0.1');
    socket.write('POST /w HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc');
    const input = await eventually(() => held[0]);
    socket.destroy();
    await eventually(() => input.res.destroyed);
    assert.equal(dispatcher().inFlight.bytes, 3);
    input.reply({ status: 204 });
    assert.equal(dispatcher().inFlight.bytes, 0);
  });
});
