/** What happens to a connection before any answer. */
import assert from 'node:assert/strict';
import { lookup } from 'node:dns/promises';
import { EXPIRED_CERT, OTHER_NAME_CERT, TEST_CERT, TEST_KEY } from '../../support/certificate';
import { answerWell, FaultServer, respond, WELL } from '../../support/fault-server';
import { ITEMS, Line } from './line';
import { type NetworkFault, prove } from './prove';

const BROKE = /the connection broke before the answer/;
const LATE = /did not answer in time \(no complete answer within 0\.\d+ s\)/;
const NOT_SECURE = /no secure connection/;
const HANGING = 300;

const lost = (behaviour: NetworkFault['behaviour']): NetworkFault => ({
  behaviour,
  code: 'connection_lost',
  words: BROKE,
  outcome: 'unknown',
});
const late = (behaviour: NetworkFault['behaviour']): NetworkFault => ({
  behaviour,
  code: 'timeout',
  words: LATE,
  outcome: 'unknown',
  timeout: HANGING,
  mend: (server) => {
    server.behaviour = WELL;
    // A connection that nobody reads does not tell that its other end has gone.
    for (const socket of server.open) socket.resume();
  },
});
/** A platform that shows this certificate, and ours when it is well again. */
const untrusted = (cert: string, why: RegExp, ca?: string): NetworkFault => ({
  behaviour: WELL,
  server: { tls: { key: TEST_KEY, cert } },
  endpoint: (server) => server.url('localhost'),
  ca: ca === undefined ? TEST_CERT : `${ca}\n${TEST_CERT}`,
  code: 'tls',
  words: why,
  outcome: 'final',
  mend: (server) => server.present(TEST_CERT, TEST_KEY),
  // Not one byte of a request, so no key either, before the platform has proven who it is.
  check: (server) => assert.equal(server.requests.length, 1),
});

const FAULTS: Record<string, NetworkFault> = {
  'closed before the request was read': lost({ connected: (socket) => Boolean(socket.destroy()) }),
  'reset while the request was read': lost({ head: (socket) => Boolean(socket.resetAndDestroy()) }),
  'closed after the request was read': lost({ request: (socket) => void socket.end() }),
  'reset after the request was read': lost({ request: (socket) => void socket.resetAndDestroy() }),
  'reset within the head of the answer': lost({
    request: (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Le', () => socket.resetAndDestroy()),
  }),
  'taken, and nothing ever read': late({ connected: (socket) => Boolean(socket.pause()) }),
  'read, and never answered': late({ request: () => {} }),
  'a certificate of nobody': { ...untrusted(EXPIRED_CERT, NOT_SECURE), ca: TEST_CERT },
  'a certificate whose time is over': untrusted(EXPIRED_CERT, /CERT_HAS_EXPIRED/, EXPIRED_CERT),
  'a certificate for another name': untrusted(OTHER_NAME_CERT, /does not match|Hostname/, OTHER_NAME_CERT),
};

describe('network: the connection', function () {
  this.timeout(30_000);
  for (const [name, fault] of Object.entries(FAULTS)) it(name, () => prove(fault));

  const failsWith = async (endpoint: string, timeout: number, code: string, words: RegExp) => {
    const line = new Line(endpoint, timeout);
    try {
      await line.open();
      const { error } = (await line.take(false)).failed[0]!;
      assert.equal(error.code, code, error.message);
      assert.match(error.message, words);
      assert.deepEqual(await line.states(), { waiting: ITEMS });
      assert.equal((await line.outlet()).reach, 'not_reachable');
    } finally {
      await line.close();
    }
  };

  it('nobody at the address, on either of the two that a name has', async () => {
    const server = await FaultServer.start();
    const { port } = server;
    await server.stop();
    await failsWith(`http://127.0.0.1:${port}/`, 10_000, 'connection_refused', /took no connection .*ECONNREFUSED/);
    await failsWith(`http://localhost:${port}/`, 10_000, 'connection_refused', /took no connection .*ECONNREFUSED/);
  });

  it('a name that nobody knows', async () => {
    await failsWith('http://no-such-host.invalid/', 20_000, 'name_not_found', /the name of its platform was not found/);
  });

  it('plain HTTP where TLS was expected, and a TLS handshake that is cut or never answered', async () => {
    const server = await FaultServer.start();
    const secure = server.url().replace('http:', 'https:');
    try {
      server.behaviour = { connected: (socket) => Boolean(socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')) };
      await failsWith(secure, 10_000, 'tls', /no secure connection/);
      server.behaviour = { connected: (socket) => Boolean(socket.once('data', () => socket.end())) };
      await failsWith(secure, 10_000, 'connection_refused', /took no connection/);
      server.behaviour = { connected: (socket) => Boolean(socket.resume()) };
      await failsWith(secure, HANGING, 'timeout', LATE);
      assert.equal(server.requests.length, 0);
    } finally {
      await server.stop();
    }
  });

  it('a platform that has only one of the addresses of its name', async () => {
    // A machine without IPv6 has one address to be tried, others have two.
    const addresses = (await lookup('localhost', { all: true })).map(({ address }) => address);
    assert.ok(addresses.length > 0);
    for (const host of addresses) {
      const server = await FaultServer.start({ host });
      const line = new Line(server.url('localhost'), 10_000);
      try {
        await line.open();
        const { accepted } = await line.take(true);
        assert.equal(accepted?.items.length, ITEMS, host);
      } finally {
        await line.close();
        await server.stop();
      }
    }
  });

  it('a kept connection that is closed just when the next request is written', async () => {
    const server = await FaultServer.start();
    const line = new Line(server.url(), 10_000);
    server.behaviour = {
      request: (socket, _received, ofConnection) => {
        if (ofConnection === 1) answerWell(socket);
        else socket.resetAndDestroy();
      },
    };
    try {
      await line.open();
      assert.equal((await line.take(true)).accepted?.items.length, ITEMS);
      await line.ledger.startPush({ outlet: 'pasons:1', type: 'full', trigger: 'manual', created_by: 'user:test' });
      const [part] = (await line.take(true)).failed;
      assert.equal(part?.error.code, 'connection_lost');
      assert.equal(part.error.retryable, true);
      const { accepted } = await line.send(part, true);
      assert.equal(accepted?.items.length, ITEMS);
      assert.deepEqual(await line.states(), { in_sync: ITEMS });
      const [, second, third] = server.requests;
      assert.equal(server.connections, 2);
      assert.deepEqual(
        [third!.body, third!.headers['idempotency-key']],
        [second!.body, second!.headers['idempotency-key']],
      );
    } finally {
      await line.close();
      await server.stop();
    }
  });

  it('a second answer that nobody asked for is never taken for that of the next request', async () => {
    const server = await FaultServer.start();
    const line = new Line(server.url(), 10_000);
    server.behaviour = {
      request: (socket, _received, ofConnection) => {
        if (server.connections > 1 || ofConnection > 1) {
          respond(socket, '503 Service Unavailable', {}, '{}');
          return;
        }
        answerWell(socket);
        // As the answer to a request that was given up would come.
        answerWell(socket);
      },
    };
    try {
      await line.open();
      assert.ok((await line.take(true)).accepted);
      await line.ledger.startPush({ outlet: 'pasons:1', type: 'full', trigger: 'manual', created_by: 'user:test' });
      assert.equal((await line.take(false)).failed[0]?.error.code, 'platform_error');
      assert.deepEqual(await line.states(), { waiting: ITEMS });
    } finally {
      await line.close();
      await server.stop();
    }
  });

  it('a slow platform is waited for', async () => {
    const server = await FaultServer.start();
    const line = new Line(server.url(), 10_000);
    server.behaviour = {
      request(socket) {
        const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
        let sent = 0;
        const timer = setInterval(() => {
          socket.write(answer[sent]!);
          sent += 1;
          if (sent === answer.length) clearInterval(timer);
        }, 5);
      },
    };
    try {
      await line.open();
      assert.equal((await line.take(true)).accepted?.items.length, ITEMS);
      assert.equal(server.requests.length, 1);
    } finally {
      await line.close();
      await server.stop();
    }
  });
});
