/** Answers that no platform should give. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { answerWell, FaultServer, respond, WELL } from '../../support/fault-server';
import { ITEMS, KEY, Line } from './line';
import { type NetworkFault, prove } from './prove';

const BROKE = /the connection broke before the answer/;
const LATE = /did not answer in time \(no complete answer within 0\.\d+ s\)/;
const DAMAGED = /answer was damaged/;
const TOO_LONG = /answer did not end/;
const HTML = '<html><body><h1>Welcome</h1></body></html>';
const HANGING = 300;
const MB = 1024 * 1024;

/** Writes these bytes and does nothing more. */
const writes =
  (...parts: (string | Buffer)[]) =>
  (socket: Socket) => {
    for (const part of parts) socket.write(part);
  };
/** Writes it again and again, as fast as it is read. */
function floods(socket: Socket, start: string, again: string | Buffer, limit = Number.POSITIVE_INFINITY): void {
  socket.write(start);
  const first = socket.bytesWritten;
  const more = () => {
    while (!socket.destroyed && socket.bytesWritten - first < limit && socket.write(again));
  };
  socket.on('drain', more);
  more();
}

const unknown = (code: string, words: RegExp, request: (socket: Socket) => void, status?: number): NetworkFault => ({
  behaviour: { request },
  code,
  words,
  outcome: 'unknown',
  ...(status === undefined ? {} : { status }),
});
const slow = (request: (socket: Socket) => void, status?: number): NetworkFault => ({
  ...unknown('timeout', LATE, request, status),
  timeout: HANGING,
});
const answered = (
  code: string,
  words: RegExp,
  outcome: 'again' | 'final',
  status: string,
  headers: Record<string, string>,
  body: string,
): NetworkFault => ({
  behaviour: { request: (socket) => respond(socket, status, headers, body) },
  code,
  words,
  outcome,
  status: Number(status.slice(0, 3)),
});
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
/** 100 MB of zeros in 100 kB. */
const bomb = gzipSync(Buffer.alloc(100 * MB));

const FAULTS: Record<string, NetworkFault> = {
  'cut within a body of known length': unknown(
    'connection_lost',
    BROKE,
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"message":'),
    200,
  ),
  'reset within the body': unknown(
    'connection_lost',
    BROKE,
    (socket) => {
      // The reset follows when the head has been read.
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{', () =>
        setTimeout(() => socket.resetAndDestroy(), 50),
      );
    },
    200,
  ),
  'half a body of known length, and nothing more': slow(writes('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{'), 200),
  'chunks that never end': slow(writes(CHUNKED, '2\r\n{}\r\n'), 200),
  'chunks that are cut': unknown('connection_lost', BROKE, (socket) => socket.end(`${CHUNKED}2\r\n{}\r\n`), 200),
  'chunks that are none': unknown('connection_lost', BROKE, writes(CHUNKED, 'zz\r\n{}\r\n0\r\n\r\n'), 200),
  'a head that comes byte by byte': slow((socket) => trickle(socket, 'HTTP/1.1 200 OK\r\nX-Slow: ')),
  'a body that comes byte by byte': slow(
    (socket) => trickle(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n'),
    200,
  ),
  'no HTTP at all': unknown('answer_unreadable', DAMAGED, writes('SSH-2.0-OpenSSH_9.2p1\r\n')),
  'a head of 20 kB': unknown('answer_unreadable', DAMAGED, (socket) =>
    respond(socket, '200 OK', { 'X-Long': 'x'.repeat(20_000) }, '{}'),
  ),
  'a head that never ends': unknown('answer_unreadable', DAMAGED, (socket) =>
    floods(socket, 'HTTP/1.1 200 OK\r\n', `X-More: ${'x'.repeat(1000)}\r\n`),
  ),
  'interim answers without end': unknown('answer_unreadable', DAMAGED, (socket) =>
    floods(socket, '', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(100)),
  ),
  'another protocol': unknown('answer_unreadable', DAMAGED, (socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
  ),
  'packed, it says, but it is not': unknown(
    'answer_unreadable',
    DAMAGED,
    (socket) => respond(socket, '200 OK', { 'Content-Encoding': 'gzip' }, '{"message":"taken"}'),
    200,
  ),
  'packed, and cut': unknown(
    'answer_unreadable',
    DAMAGED,
    (socket) =>
      respond(socket, '200 OK', { 'Content-Encoding': 'gzip' }, gzipSync('{"message":"taken"}').subarray(0, 20)),
    200,
  ),
  'packed, nobody knows how': unknown(
    'answer_unreadable',
    DAMAGED,
    (socket) => respond(socket, '200 OK', { 'Content-Encoding': 'gzip, gzip' }, bomb),
    200,
  ),
  'packed in brotli, and cut': unknown(
    'answer_unreadable',
    DAMAGED,
    (socket) =>
      respond(
        socket,
        '200 OK',
        { 'Content-Encoding': 'br' },
        brotliCompressSync('{"message":"taken"}').subarray(0, 15),
      ),
    200,
  ),
  '100 MB packed in 100 kB': unknown(
    'answer_too_long',
    TOO_LONG,
    (socket) => respond(socket, '200 OK', { 'Content-Encoding': 'gzip' }, bomb),
    200,
  ),
  'HTML with 200': answered('not_an_api', /what answered is not an API/, 'final', '200 OK', {}, HTML),
  'HTML with 500': answered('platform_error', /HTTP 500: Welcome/, 'again', '500 Internal Server Error', {}, HTML),
  'a text with 503': answered('platform_error', /HTTP 503: down/, 'again', '503 Service Unavailable', {}, 'down'),
};

describe('network: the answer', function () {
  this.timeout(30_000);
  for (const [name, fault] of Object.entries(FAULTS)) it(name, () => prove(fault));

  for (const [name, limit] of [
    ['a body without end', Number.POSITIVE_INFINITY],
    ['a body of 100 MB', 100 * MB],
  ] as const) {
    it(`${name}: read up to a limit, and no further`, async () => {
      const sent: Socket[] = [];
      let peak = 0;
      const watch = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().arrayBuffers);
      }, 1);
      const before = process.memoryUsage().arrayBuffers;
      try {
        await prove({
          behaviour: {
            request(socket) {
              sent.push(socket);
              const length = Number.isFinite(limit) ? `Content-Length: ${limit}\r\n` : '';
              floods(socket, `HTTP/1.1 200 OK\r\n${length}\r\n`, Buffer.alloc(64 * 1024, ' '), limit);
            },
          },
          code: 'answer_too_long',
          words: TOO_LONG,
          outcome: 'unknown',
          status: 200,
        });
      } finally {
        clearInterval(watch);
      }
      assert.equal(sent.length, 2);
      // The limit, and what the two ends of a connection hold of it.
      for (const { bytesWritten } of sent) assert.ok(bytesWritten < 32 * MB, `${bytesWritten} bytes were sent`);
      assert.ok(peak - before < 32 * MB, `${peak - before} bytes were held`);
    });
  }

  for (const status of [
    '301 Moved Permanently',
    '302 Found',
    '303 See Other',
    '307 Temporary Redirect',
    '308 Permanent Redirect',
  ]) {
    it(`${status}, on this host and to another: the key does not follow`, async () => {
      const other = await FaultServer.start();
      try {
        for (const to of [other.url('localhost'), other.url(), '/elsewhere', '//localhost/elsewhere', 'javascript:1']) {
          await prove({
            ...answered(
              'redirect',
              /answers with a redirect, which is not followed/,
              'final',
              status,
              { Location: to },
              '',
            ),
            check: (server) => assert.equal(server.requests.length, 2),
          });
        }
        assert.equal(other.connections, 0);
      } finally {
        await other.stop();
      }
    });
  }

  it('an answer that comes before the request was read to its end counts', async () => {
    const server = await FaultServer.start();
    const line = new Line(server.url(), 10_000);
    server.behaviour = {
      head(socket) {
        socket.resume();
        respond(socket, '503 Service Unavailable', { Connection: 'close' }, '{"message":"not now"}');
        return true;
      },
    };
    try {
      await line.open(5_000);
      const [part] = (await line.take(true)).failed;
      assert.equal(part?.error.code, 'platform_error');
      server.behaviour = WELL;
      assert.ok((await line.send(part, true)).accepted);
      assert.deepEqual(await line.states(), { in_sync: 1_000, waiting: 4_000 });
    } finally {
      await line.close();
      await server.stop();
    }
  });

  it('interim answers, a few, are passed over', async () => {
    const server = await FaultServer.start();
    const line = new Line(server.url(), 10_000);
    server.behaviour = {
      request(socket) {
        socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n'.repeat(3));
        answerWell(socket);
      },
    };
    try {
      await line.open();
      assert.equal((await line.take(true)).accepted?.items.length, ITEMS);
    } finally {
      await line.close();
      await server.stop();
    }
  });

  it('a platform that throws our key back at us: it is recorded nowhere', async () => {
    await prove({
      ...answered(
        'platform_error',
        /HTTP 500: the key \*\*\* is odd/,
        'again',
        '500 Oops',
        {},
        `{"message":"the key ${KEY} is odd"}`,
      ),
    });
  });
});

function trickle(socket: Socket, start: string): void {
  socket.write(start);
  const timer = setInterval(() => socket.write('x'), 20);
  socket.on('close', () => clearInterval(timer));
}
