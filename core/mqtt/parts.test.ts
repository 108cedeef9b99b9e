/** The small parts of the brokers: topics, frames, gate, accounts. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { AccountBook } from './accounts';
import { FairGate } from './fair-gate';
import { guardFrames } from './frame-guard';
import { matches, readStatusTopic, statusFilter, storeReader } from './topics';

describe('topics', () => {
  it('read the store where the + stands', () => {
    assert.equal(storeReader('shelfwire/stores/+/stock')('shelfwire/stores/7/stock'), '7');
    assert.equal(storeReader('acme/+/scan')('acme/Dubai Mall/scan'), 'Dubai Mall');
    assert.equal(storeReader('shelfwire/stores/3/stock')('shelfwire/stores/3/stock'), '3');
    for (const filter of ['', '#', 'a/#', 'a/b', 'a//+', '+/+', 'a+/b', 'shelfwire/stores/1/devices/2/status'])
      assert.throws(() => storeReader(filter), { code: 'topic_invalid' }, filter);
  });

  it('match level by level', () => {
    assert.ok(matches('a/+/c', 'a/b/c'));
    for (const topic of ['a/b', 'a/b/c/d', 'x/b/c', 'a/b/C']) assert.ok(!matches('a/+/c', topic), topic);
  });

  it('find the states that belong to a stock filter', () => {
    assert.equal(statusFilter('shelfwire/stores/+/stock'), 'shelfwire/stores/+/devices/+/status');
    assert.equal(statusFilter('acme/+/scan'), null);
    assert.deepEqual(readStatusTopic('shelfwire/stores/1/devices/d/status'), { store_id: '1', device: 'd' });
    assert.equal(readStatusTopic('shelfwire/stores/1/stock'), null);
  });
});

describe('frame guard', () => {
  /** A packet of this type whose remaining length is `length`. */
  function packet(type: number, length: number): Buffer {
    const header = [type << 4];
    let rest = length;
    do {
      header.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
      rest = Math.floor(rest / 128);
    } while (rest > 0);
    return Buffer.concat([Buffer.from(header), Buffer.alloc(length, 0xff)]);
  }

  function run(bytes: Buffer, cuts: number[]): { read: number; tooLarge: number | null; goodbye: boolean } {
    const stream = new PassThrough({ highWaterMark: 1 << 20 });
    const seen = { read: 0, tooLarge: null as number | null, goodbye: false };
    guardFrames(
      stream,
      { first: 100, packet: 1_000 },
      {
        tooLarge: (size) => {
          seen.tooLarge = size;
        },
        disconnect: () => {
          seen.goodbye = true;
        },
        heard: () => undefined,
      },
    );
    const ends = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
    let at = 0;
    for (const end of [...ends, bytes.length]) {
      if (end > at) stream.write(bytes.subarray(at, end));
      at = end;
      for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) seen.read += chunk.length;
      if (stream.destroyed) break;
    }
    stream.destroy();
    return seen;
  }

  it('passes every stream of packets within the limit, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { maxLength: 8 }), fc.array(fc.nat()), (lengths, cuts) => {
        const bytes = Buffer.concat([packet(1, 50), ...lengths.map((length) => packet(3, length)), packet(14, 0)]);
        assert.deepEqual(run(bytes, cuts), { read: bytes.length, tooLarge: null, goodbye: true });
      }),
    );
  });

  it('stops at the header of one that is too large', () => {
    assert.equal(run(packet(1, 101), []).tooLarge, 101);
    fc.assert(
      fc.property(fc.integer({ min: 1_001, max: 20_000 }), fc.array(fc.nat()), (length, cuts) => {
        const bytes = Buffer.concat([packet(1, 50), packet(3, 1_000), packet(3, length)]);
        assert.equal(run(bytes, cuts).tooLarge, length);
      }),
    );
  });
});

describe('fair gate', () => {
  it('keeps every limit, starts everything once, in each sender’s order', () => {
    const arrivals = fc.array(fc.record({ sender: fc.nat(3), bytes: fc.nat(50), leave: fc.nat() }), { maxLength: 60 });
    fc.assert(
      fc.property(arrivals, (list) => {
        const gate = new FairGate({ count: 5, bytes: 100, perSender: 3 });
        const senders = [{}, {}, {}, {}];
        const started: number[] = [];
        const open = new Map<number, () => void>();
        const check = () => {
          const ids = [...open.keys()];
          assert.ok(ids.length <= 5 && gate.inFlight === ids.length);
          const bytes = ids.reduce((sum, id) => sum + list[id]!.bytes, 0);
          assert.ok(bytes <= 100 || ids.length === 1);
          for (let n = 0; n < 4; n++) assert.ok(ids.filter((id) => list[id]!.sender === n).length <= 3);
        };
        const leaveOne = (nth: number) => {
          const [id, leave] = [...open][nth % open.size]!;
          open.delete(id);
          leave();
          check();
        };
        list.forEach(({ sender, bytes, leave }, id) => {
          gate.enter(senders[sender]!, bytes, (done) => {
            started.push(id);
            open.set(id, done);
          });
          check();
          if (leave % 2 && open.size > 0) leaveOne(leave);
        });
        while (open.size > 0) leaveOne(0);
        assert.equal(started.length, list.length);
        for (let n = 0; n < 4; n++) {
          const mine = started.filter((id) => list[id]!.sender === n);
          assert.deepEqual(
            mine,
            mine.toSorted((a, b) => a - b),
          );
        }
        assert.equal(gate.inFlight, 0);
      }),
    );
  });

  it('forgets what a gone sender has waiting', () => {
    const gate = new FairGate({ count: 1, bytes: 100, perSender: 1 });
    const [a, b] = [{}, {}];
    const started: string[] = [];
    let leave = () => {};
    gate.enter(a, 1, (done) => {
      started.push('a1');
      leave = done;
    });
    gate.enter(a, 1, () => started.push('a2'));
    gate.enter(b, 1, (done) => {
      started.push('b1');
      done();
    });
    gate.forget(a);
    leave();
    leave();
    assert.deepEqual(started, ['a1', 'b1']);
    assert.equal(gate.inFlight, 0);
  });
});

describe('account book', () => {
  const account = (password: string, store_id = '1') => [{ account: 'a', password, store_id, name: 'A' }];

  it('proves name and password and never hands the password out', () => {
    const book = new AccountBook(account('geheim'));
    assert.deepEqual(book.authenticate('a', Buffer.from('geheim')), {
      account: 'a',
      password: '',
      store_id: '1',
      name: 'A',
    });
    assert.equal(book.authenticate('a', Buffer.from('geheim ')), null);
    assert.equal(book.authenticate('a', undefined), null);
    assert.equal(book.authenticate('b', Buffer.from('geheim')), null);
    assert.equal(book.authenticate(undefined, undefined), null);
    assert.ok(!JSON.stringify(book.list()).includes('geheim'));
  });

  it('tells which connections may stay', () => {
    const book = new AccountBook(account('x'));
    assert.ok(new AccountBook(account('x')).stillGood(book, 'a'));
    assert.ok(!new AccountBook(account('y')).stillGood(book, 'a'));
    assert.ok(!new AccountBook(account('x', '2')).stillGood(book, 'a'));
    assert.ok(!new AccountBook([]).stillGood(book, 'a'));
  });
});
