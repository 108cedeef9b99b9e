import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Message } from '../../runtime/red';
import { attach, InboundRequest, isTrusted, type Settlement } from '../../runtime/requests';
import { shared } from '../../runtime/shared';
import { eventually } from '../../test/support/eventually';
import { ledgerNodeOf } from '../../test/support/fake-config-nodes';
import { fakeLedger } from '../../test/support/fake-ledger';
import { load, nodeOf, received, unload } from '../../test/support/node-test';
import { previousUses } from './previous-use';

import register = require('./hmac-verify');

const SECRET = 'a secret';
const BODY = Buffer.from('{"productId":"1015AW","newQuantity":95}');
const hex = (text: string | Buffer, secret = SECRET) => createHmac('sha256', secret).update(text).digest('hex');
const RESULT = { received: 1, accepted: 1, duplicate: 0, stale: 0, refused: 0, outcomes: [], refusals: [] };

const ledgers = fakeLedger({}, null);

interface Sent {
  msg: Message;
  settlements: Settlement[];
  request: InboundRequest;
}

/** What one of our receivers would have sent into the flow. */
function ours(headers: Record<string, string>, body = BODY): Sent {
  const settlements: Settlement[] = [];
  const request = new InboundRequest({
    sender: 'shop',
    raw: { bytes: body },
    unsigned: 'refuse',
    wait: 5_000,
    respond: (settlement) => settlements.push(settlement),
  });
  const req = { method: 'POST', url: '/hook?a=1', originalUrl: '/hook?a=1', headers };
  const payload = [{ store_id: '1', sku: 'a', occurred_at: 'x' }];
  attach(request, req, payload);
  return { msg: { payload, req } as unknown as Message, settlements, request };
}

class FakeResponse extends EventEmitter {
  statusCode = 200;
  headersSent = false;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;
  readonly sent: { status: number; body: string }[] = [];
  setHeader(): void {}
  removeHeader(): void {}
  end(bytes?: Buffer): void {
    this.sent.push({ status: this.statusCode, body: String(bytes ?? '') });
    this.headersSent = this.writableEnded = this.writableFinished = true;
    this.emit('close');
  }
}

/** What core's http in sends in its raw mode. */
function core(headers: Record<string, string>, body: unknown = BODY) {
  const res = new FakeResponse();
  const req = { method: 'POST', url: '/raw', headers, body };
  return { msg: { payload: body, req, res: { _res: res } } as unknown as Message, res };
}

describe('hmac verify (node)', () => {
  let verified: Message[];
  let rejected: Message[];

  async function start(
    config: Record<string, unknown>,
    credentials: Record<string, string> = { secret: SECRET },
    ledger?: Record<string, unknown>,
  ): Promise<void> {
    await load(
      [register, ledgerNodeOf(ledgers.ledger)],
      [
        { id: 'h', type: 'shelfwire-hmac-verify', wires: [['v'], ['r']], ...config },
        { id: 'v', type: 'helper', wires: [] },
        { id: 'r', type: 'helper', wires: [] },
        ...(ledger ? [{ id: 'l', type: 'shelfwire-ledger', ...ledger }] : []),
      ],
      { h: credentials },
    );
    verified = received('v');
    rejected = received('r');
  }
  async function give(msg: Message): Promise<string> {
    const [passed, all] = [verified.length, verified.length + rejected.length];
    nodeOf('h').receive(msg);
    await eventually(() => verified.length + rejected.length > all);
    return verified.length > passed ? 'verified' : (rejected.at(-1)?.error?.code ?? '');
  }
  afterEach(async () => {
    await unload();
    // All tests use one id, and what a node has seen outlives it.
    shared('hmac-verify-windows', () => new Map()).clear();
  });
  after(() => ledgers.forget());

  it("a scanner's message behind it: refused at once, with what to do", async () => {
    for (const scheme of ['paradigm', 'token']) {
      await start({ scheme });
      const { request, settlements } = ours({});
      const req = { topic: 'shelfwire/stores/1/stock', qos: 1, store_id: '1', device: 'scanner-1' };
      attach(request, req, []);
      assert.equal(await give({ payload: [], req } as unknown as Message), 'no_request');
      assert.match(rejected[0]!.error!.message, /Take this node out/);
      assert.deepEqual(
        settlements.map(({ kind }) => kind),
        ['unauthorized'],
      );
      await unload();
    }
    await start({ scheme: 'paradigm' });
  });

  it('marks the request, not the message', async () => {
    await start({ scheme: 'paradigm' });
    const { msg, request, settlements } = ours({ 'x-signature': hex(BODY) });
    assert.equal(isTrusted(msg), false);
    assert.equal(await give(msg), 'verified');
    assert.deepEqual(request.verified, { by: 'paradigm', key: 'current' });
    assert.equal(isTrusted({ payload: [], req: msg.req } as Message), true, 'whatever a flow makes of the message');
    assert.deepEqual(settlements, [], 'record stock answers');
    assert.equal(rejected.length, 0);
  });

  it('a rejected request is answered 401 and stays untrusted, also for a copy of the message', async () => {
    await start({ scheme: 'paradigm' });
    const { msg, settlements, request } = ours({ 'x-signature': hex(BODY, 'wrong') });
    assert.equal(await give(msg), 'signature_mismatch');
    assert.equal(settlements[0]?.kind, 'unauthorized');
    assert.equal(request.verified, null);
    assert.equal(rejected[0]?.error?.statusCode, 401);
    assert.equal(rejected[0]?.error?.retryable, false);
    assert.equal(await give({ ...msg }), 'signature_mismatch');
    assert.equal(settlements.length, 1, 'answered once');
  });

  it('reply off: nothing is answered, so that another secret may be tried next', async () => {
    await start({ scheme: 'paradigm', reply: false });
    const { msg, settlements } = ours({});
    assert.equal(await give(msg), 'signature_missing');
    assert.deepEqual(settlements, []);
  });

  it('a copy of a proven message is the same request', async () => {
    const time = `${Math.floor(Date.now() / 1000)}`;
    await start({ scheme: 'slack' });
    const { msg } = ours({
      'x-slack-request-timestamp': time,
      'x-slack-signature': `v0=${hex(`v0:${time}:${BODY}`)}`,
    });
    assert.equal(await give(msg), 'verified');
    assert.equal(await give({ ...msg }), 'verified');
    assert.equal(rejected.length, 0);
  });

  describe('a signed request sent again', () => {
    // One time for both sendings of a test, even when a second passes between them.
    let sentAt = Math.floor(Date.now() / 1000) - 60;
    beforeEach(() => {
      sentAt += 1;
    });
    const slack = (time = sentAt) =>
      ours({ 'x-slack-request-timestamp': `${time}`, 'x-slack-signature': `v0=${hex(`v0:${time}:${BODY}`)}` });

    it('after it was stored: rejected, 401', async () => {
      await start({ scheme: 'slack' });
      const first = slack();
      assert.equal(await give(first.msg), 'verified');
      first.request.settle({ kind: 'recorded', result: RESULT });
      const second = slack();
      assert.equal(await give(second.msg), 'replayed');
      assert.equal(second.settlements[0]?.kind, 'unauthorized');
      assert.equal(second.request.verified, null);
    });

    it('after it was stored and the flows were deployed anew: rejected', async () => {
      const time = Math.floor(Date.now() / 1000) - 7;
      await start({ scheme: 'slack' });
      const first = slack(time);
      assert.equal(await give(first.msg), 'verified');
      first.request.settle({ kind: 'recorded', result: RESULT });
      await unload();
      await start({ scheme: 'slack' });
      assert.equal(await give(slack(time).msg), 'replayed');
    });

    it('after a 503: passes, since the first was not stored', async () => {
      await start({ scheme: 'slack' });
      const first = slack();
      assert.equal(await give(first.msg), 'verified');
      first.request.settle({ kind: 'unavailable', message: 'disk full', retryAfter: 1 });
      const second = slack();
      assert.equal(await give(second.msg), 'verified');
    });

    it('while the first is being stored: 503, and neither is lost', async () => {
      await start({ scheme: 'slack' });
      const first = slack();
      await give(first.msg);
      const second = slack();
      assert.equal(await give(second.msg), 'in_progress');
      assert.equal(second.settlements[0]?.kind, 'unavailable');
    });

    it('signed anew with the same id, as Standard Webhooks does: passes (the ledger knows the event)', async () => {
      const key = Buffer.from('0123456789abcdef0123456789abcdef');
      const send = (time: number) => {
        const tag = createHmac('sha256', key).update(`msg_1.${time}.${BODY}`).digest('base64');
        return ours({ 'webhook-id': 'msg_1', 'webhook-timestamp': `${time}`, 'webhook-signature': `v1,${tag}` });
      };
      await start({ scheme: 'standard-webhooks' }, { secret: `whsec_${key.toString('base64')}` });
      const now = Math.floor(Date.now() / 1000);
      const first = send(now);
      assert.equal(await give(first.msg), 'verified');
      first.request.settle({ kind: 'recorded', result: RESULT });
      assert.equal(await give(send(now + 1).msg), 'verified');
      assert.equal(await give(send(now).msg), 'replayed');
    });

    it('with an id but no time an honest second try looks the same: no effect, but told that it is stored', async () => {
      const send = () => ours({ 'x-deliveroo-sequence-guid': 'g1', 'x-deliveroo-hmac-sha256': hex(`g1 ${BODY}`) });
      await start({ scheme: 'deliveroo' });
      const first = send();
      assert.equal(await give(first.msg), 'verified');
      first.request.settle({ kind: 'recorded', result: RESULT });
      const second = send();
      assert.equal(await give(second.msg), 'replayed');
      assert.equal(second.settlements[0]?.kind, 'recorded');
    });

    it('without a signed time or id it is the same event twice: the ledger knows it', async () => {
      await start({ scheme: 'paradigm' });
      for (let i = 0; i < 2; i++) {
        const { msg, request } = ours({ 'x-signature': hex(BODY) });
        assert.equal(await give(msg), 'verified');
        request.settle({ kind: 'recorded', result: RESULT });
      }
    });
  });

  describe("behind core's http in", () => {
    it('raw: proven over the bytes, and given a handle by which record stock answers', async () => {
      await start({ scheme: 'paradigm' });
      const { msg, res } = core({ 'x-signature': hex(BODY) });
      assert.equal(isTrusted(msg), false);
      assert.equal(await give(msg), 'verified');
      assert.equal(isTrusted(msg), true);
      assert.deepEqual(res.sent, []);
      assert.equal(verified[0]?.payload, BODY, 'left as it was');
    });

    it('wrong signature: 401 as JSON', async () => {
      await start({ scheme: 'paradigm' });
      const { msg, res } = core({ 'x-signature': hex('other') });
      assert.equal(await give(msg), 'signature_mismatch');
      assert.equal(res.sent[0]?.status, 401);
      assert.match(JSON.parse(res.sent[0]!.body).message, /does not match/);
    });

    it('parsed bodies cannot be proven, and it says what to tick', async () => {
      await start({ scheme: 'paradigm' });
      const { msg, res } = core({ 'x-signature': hex(BODY) }, JSON.parse(String(BODY)));
      assert.equal(await give(msg), 'body_parsed');
      assert.match(JSON.parse(res.sent[0]!.body).message, /raw/);
    });

    it('a flow that answers by itself with 2xx counts as stored, with an error as not stored', async () => {
      const time = `${Math.floor(Date.now() / 1000)}`;
      const headers = {
        'x-slack-request-timestamp': time,
        'x-slack-signature': `v0=${hex(`v0:${time}:${BODY}`)}`,
      };
      await start({ scheme: 'slack' });
      const failed = core(headers);
      assert.equal(await give(failed.msg), 'verified');
      failed.res.statusCode = 500;
      failed.res.end();
      const again = core(headers);
      assert.equal(await give(again.msg), 'verified');
      again.res.statusCode = 200;
      again.res.end();
      assert.equal(await give(core(headers).msg), 'replayed');
    });
  });

  it('a message without a request is not proven', async () => {
    await start({ scheme: 'paradigm' });
    assert.equal(await give({ payload: BODY }), 'no_request');
  });

  it('signs our address: the public one of the ledger', async () => {
    await start({ scheme: 'square', ledger: 'l' }, { secret: SECRET }, { publicUrl: 'https://shop.example' });
    const tag = createHmac('sha256', SECRET).update(`https://shop.example/hook?a=1${BODY}`).digest('base64');
    assert.equal(await give(ours({ 'x-square-hmacsha256-signature': tag }).msg), 'verified');
    await unload();
    await start({ scheme: 'square' }, { secret: SECRET }, { publicUrl: 'https://shop.example' });
    assert.equal(
      await give(ours({ 'x-square-hmacsha256-signature': tag }).msg),
      'verified',
      'the only ledger there is',
    );
    await unload();
    await start({ scheme: 'square', ledger: 'l' }, { secret: SECRET }, { publicUrl: '' });
    const { msg, settlements } = ours({ 'x-square-hmacsha256-signature': tag });
    assert.equal(await give(msg), 'config');
    assert.equal(settlements[0]?.kind, 'unavailable');
  });

  it('stored fields win over the preset', async () => {
    await start({
      scheme: 'github',
      header: 'X-Mine',
      prefix: '',
      encoding: 'base64',
      algorithm: 'sha512',
      signed: '{method}:{path}:{body}',
      tolerance: '0',
      version: 1,
    });
    const tag = createHmac('sha512', SECRET).update(`POST:/hook?a=1:${BODY}`).digest('base64');
    assert.equal(await give(ours({ 'x-mine': tag }).msg), 'verified');
  });

  it('token and basic', async () => {
    await start({ scheme: 'token' });
    assert.equal(await give(ours({ authorization: `Bearer ${SECRET}` }).msg), 'verified');
    assert.equal(await give(ours({ authorization: 'Bearer x' }).msg), 'token_wrong');
    assert.equal(await give(ours({}).msg), 'token_missing');
  });

  describe('fails closed', () => {
    const cases: [string, Record<string, unknown>, Record<string, string>][] = [
      ['no secret', { scheme: 'paradigm' }, {}],
      ['an empty secret', { scheme: 'paradigm' }, { secret: '' }],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as an operator writes it
      ['a variable that is not set', { scheme: 'paradigm' }, { secret: '${SHELFWIRE_TEST_UNSET}' }],
      ['an unknown scheme', { scheme: 'nonsense' }, { secret: SECRET }],
      ['an empty token', { scheme: 'token' }, { secret: '' }],
      ['a wrong end of the old secret', { scheme: 'paradigm', previousUntil: 'soon' }, { secret: SECRET }],
    ];
    for (const [what, config, credentials] of cases)
      it(what, async () => {
        await start(config, credentials);
        for (const secret of ['', SECRET, 'undefined']) {
          const { msg, settlements, request } = ours({
            'x-signature': createHmac('sha256', secret).update(BODY).digest('hex'),
            authorization: `Bearer ${secret}`,
          });
          assert.equal(await give(msg), 'config');
          assert.equal(request.trusted, false);
          assert.equal(settlements[0]?.kind, 'unavailable');
        }
        assert.equal(verified.length, 0);
      });
  });

  it('a secret from the environment, also inside a longer text', async () => {
    process.env.SHELFWIRE_TEST_SECRET = 'env';
    try {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as an operator writes it
      await start({ scheme: 'paradigm' }, { secret: 'x-${SHELFWIRE_TEST_SECRET}-y' });
      assert.equal(await give(ours({ 'x-signature': hex(BODY, 'x-env-y') }).msg), 'verified');
    } finally {
      delete process.env.SHELFWIRE_TEST_SECRET;
    }
  });

  it('two secrets; tells when the old one was last used, to the ledger as well', async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    await start({ scheme: 'paradigm', previousUntil: until }, { secret: 'new', previousSecret: SECRET }, {});
    assert.equal(await previousUses().last('h', null), null);
    const { msg, request } = ours({ 'x-signature': hex(BODY) });
    assert.equal(await give(msg), 'verified');
    assert.equal(request.verified?.key, 'previous');
    const last = await previousUses().last('h', null);
    assert.ok(last && Math.abs(Date.parse(last) - Date.now()) < 10_000);
    assert.deepEqual(
      ledgers.calls.filter(([name]) => name === 'setSetting').map(([, key, value]) => [key, value]),
      [['hmac-verify.h.previous-used', last]],
    );
    assert.equal(await give(ours({ 'x-signature': hex(BODY, 'new') }).msg), 'verified');
  });

  it('an ended old secret is refused, its time read in the ledger’s zone', async () => {
    await start(
      { scheme: 'paradigm', previousUntil: '2025-01-01T00:00' },
      { secret: 'new', previousSecret: SECRET },
      {},
    );
    assert.equal(await give(ours({ 'x-signature': hex(BODY) }).msg), 'secret_expired');
  });

  it('an old secret whose variable is not set is none', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as an operator writes it
    await start({ scheme: 'paradigm' }, { secret: SECRET, previousSecret: '${SHELFWIRE_TEST_UNSET}' });
    assert.equal(await give(ours({ 'x-signature': hex(BODY) }).msg), 'verified');
  });

  it('the dialog may ask only with the right to read', async () => {
    const routes: [string, unknown, (...args: never[]) => unknown][] = [];
    const red = {
      httpAdmin: { get: (...route: (typeof routes)[number]) => routes.push(route) },
      auth: { needsPermission: (permission: string) => permission },
      nodes: { getNode: () => null },
    };
    previousUses().route(red as never);
    const [[path, permission, handler]] = routes as [(typeof routes)[number]];
    assert.equal(path, '/shelfwire/hmac-verify/:id');
    assert.equal(permission, 'shelfwire.read');
    const res = new FakeResponse();
    await handler({ params: { id: 'nobody' } } as never, res as never);
    assert.deepEqual(JSON.parse(res.sent[0]!.body), { previousUsed: null });
  });

  it('no secret in what it says', async () => {
    const secret = 'hunter2-very-secret';
    await start({ scheme: 'paradigm' }, { secret, previousSecret: `${secret}-old` });
    await give(ours({ 'x-signature': hex(BODY, 'wrong') }).msg);
    await give(ours({}).msg);
    assert.ok(!JSON.stringify(rejected.map(({ error }) => error)).includes('hunter2'));
  });
});
