import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { axiosClient } from '../../core/pushing/axios-client';
import { runThrough } from '../../core/steps';
import { startParadigmApi } from '../../simulators/paradigm';
import { ApiError, type ApiOptions, condition, FIRST_PAGE, type PageStart, ParadigmApi } from './api';

const signal = new AbortController().signal;

describe('connectors/paradigm/api', () => {
  const client = axiosClient();
  let server: Server;
  let url: string;
  let handle: (req: IncomingMessage, res: ServerResponse) => void;
  const api = (more: Partial<ApiOptions> = {}) =>
    new ParadigmApi({
      url,
      paging: 'path',
      size: 3,
      apiKey: 'key',
      timeout: 5_000,
      request: client.request,
      now: Date.now,
      work: async (steps) => runThrough(steps),
      ...more,
    });
  const json = (res: ServerResponse, body: unknown, headers: Record<string, string> = {}) => {
    res.writeHead(200, { 'content-type': 'application/json', ...headers });
    res.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

  before(async () => {
    server = createServer((req, res) => handle(req, res));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/Items`;
  });
  after(async () => {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function all(api: ParadigmApi, filter: string | null = null): Promise<{ items: string[]; asked: number }> {
    const out: string[] = [];
    let asked = 0;
    for (let start: PageStart | null = FIRST_PAGE; start; ) {
      const page = await api.page(start, filter, signal);
      out.push(...page.items.map(String));
      start = page.next;
      asked += 1;
      assert.ok(asked < 100);
    }
    return { items: out, asked };
  }

  it('path: skip and take; a server that gives fewer than asked loses nothing', async () => {
    const data = Array.from({ length: 10 }, (_, i) => i);
    const asked: string[] = [];
    handle = (req, res) => {
      asked.push(`${req.url} ${req.headers['x-api-key']}`);
      const [, skip, take] = /\/(\d+)\/(\d+)$/.exec(req.url!)!.map(Number);
      json(res, data.slice(skip, skip! + Math.min(take!, 2)));
    };
    const { items } = await all(api());
    assert.deepEqual(items, data.map(String));
    assert.equal(asked[0], '/api/Items/0/3 key');
    assert.equal(asked[1], '/api/Items/2/3 key');
  });

  it('query: pageNumber and size; ends by hasNextPage, totalPages or an empty page', async () => {
    const words: ((page: number) => object)[] = [
      (page) => ({ hasNextPage: page < 3 }),
      (page) => ({ pageNumber: page, totalPages: 3 }),
      () => ({}),
    ];
    for (const more of words) {
      const asked: string[] = [];
      handle = (req, res) => {
        asked.push(req.url!);
        const page = Number(new URL(req.url!, 'http://x').searchParams.get('pageNumber'));
        json(res, { items: page > 3 ? [] : [page * 10, page * 10 + 1], ...more(page) });
      };
      assert.deepEqual((await all(api({ paging: 'query' }))).items, ['10', '11', '20', '21', '30', '31']);
      assert.equal(asked[0], '/api/Items?pageNumber=1&size=3');
    }
  });

  it('filter and parameters of the address', async () => {
    let asked = '';
    handle = (req, res) => {
      asked = req.url!;
      json(res, []);
    };
    await api({ url: `${url}/?properties=a,b` }).page(FIRST_PAGE, 'productId Equals A+B 1', signal);
    assert.equal(asked, '/api/Items/0/3?properties=a%2Cb&filter=productId%20Equals%20A%2BB%201');
    assert.equal(condition('productId', 'Equals', '1015AW'), 'productId Equals 1015AW');
    for (const bad of ['', 'x and price Equals 1', 'x OR y', "a'b", 'a"b', 'a\nb'])
      assert.throws(() => condition('productId', 'Equals', bad), { code: 'filter_value' });
    assert.throws(() => condition('a b', 'Equals', '1'), { code: 'filter_field' });
  });

  it('digits are kept; values are as of the answer less the duration, not of our clock', async () => {
    handle = (_req, res) => {
      setTimeout(() => json(res, '[1.000000000000000005]', { date: 'Sun, 01 Mar 2026 10:00:00 GMT' }), 120);
    };
    const page = await api().page(FIRST_PAGE, null, signal);
    assert.equal(String(page.items[0]), '1.000000000000000005');
    const before = Date.parse('2026-03-01T10:00:00Z') - page.asOf;
    assert.ok(before >= 100 && before < 5_000, String(before));
    assert.equal(Buffer.from(page.bytes).toString(), '[1.000000000000000005]');
    // No time at all, or nobody's: then by our clock.
    for (const headers of [{}, { date: '0' }, { date: 'soon' }]) {
      handle = (_req, res) => {
        res.sendDate = false;
        json(res, [1], headers);
      };
      const { asOf } = await api().page(FIRST_PAGE, null, signal);
      assert.ok(Math.abs(asOf - Date.now()) < 5_000, JSON.stringify(headers));
    }
  });

  it('tells outages from refusals', async () => {
    const failing = async (
      act: (req: IncomingMessage, res: ServerResponse) => void,
      more: Partial<ApiOptions> = {},
    ) => {
      handle = act;
      try {
        await api(more).page(FIRST_PAGE, null, signal);
        return 'answered';
      } catch (thrown) {
        assert.ok(thrown instanceof ApiError);
        assert.ok(!thrown.message.includes('key-of-ours'));
        return `${thrown.code} ${thrown.retryable}${thrown.retryAfter === null ? '' : ` ${thrown.retryAfter}`}`;
      }
    };
    const status =
      (code: number, headers = {}) =>
      (_req: IncomingMessage, res: ServerResponse) => {
        res.writeHead(code, headers);
        res.end('{}');
      };
    assert.equal(await failing(status(500)), 'http_500 true');
    assert.equal(await failing(status(429, { 'retry-after': '7' })), 'http_429 true 7');
    assert.equal(await failing(status(401), { apiKey: 'key-of-ours' }), 'key_refused false');
    assert.equal(await failing(status(403)), 'key_refused false');
    assert.equal(await failing(status(404)), 'http_404 false');
    assert.equal(await failing(status(302, { location: 'http://127.0.0.1:1/' })), 'redirect false');
    assert.equal(await failing((_req, res) => res.destroy()), 'connection_lost true');
    assert.equal(await failing(() => {}, { timeout: 50 }), 'timeout true');
    assert.equal(await failing((_req, res) => json(res, '<html>')), 'not_a_list true');
    assert.equal(await failing((_req, res) => json(res, { items: [] })), 'not_a_list true');
    assert.equal(await failing((_req, res) => json(res, []), { paging: 'query' }), 'not_a_list true');
    assert.equal(await failing((_req, res) => json(res, '[1')), 'not_a_list true');
    const { port } = server.address() as AddressInfo;
    assert.ok(port > 0);
    assert.match(await failing(() => {}, { url: 'http://127.0.0.1:1/x' }), /^connection_refused true/);
  });

  it('reads the simulated Paradigm in both styles, with filters', async () => {
    const simulated = await startParadigmApi({ products: 25, apiKey: 'k' });
    try {
      for (const [paging, path] of [
        ['path', '/api/Items/GetItems'],
        ['query', '/api/Items'],
      ] as const) {
        const reader = api({ url: simulated.url + path, paging, size: 10, apiKey: 'k' });
        assert.equal((await all(reader)).items.length, 25);
        assert.equal((await all(reader, condition('productId', 'Equals', '1015AW'))).items.length, 1);
        simulated.change('1015AW', { price: '1.50' }, new Date('2026-03-01T00:00:00Z'));
        const since = condition('modifiedAt', 'GreatherThanOrEqualTo', '2026-01-01T00:00:00Z');
        assert.equal((await all(reader, since)).items.length, 1);
        assert.equal((await reader.page(FIRST_PAGE, null, signal)).simulated, true);
      }
      await assert.rejects(
        api({ url: `${simulated.url}/api/Items/GetItems`, apiKey: 'x' }).page(FIRST_PAGE, null, signal),
        {
          code: 'key_refused',
        },
      );
    } finally {
      await simulated.stop();
    }
  });
});
