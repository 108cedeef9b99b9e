import assert from 'node:assert/strict';
import { problemWatch } from '../../runtime/problem-watch';
import type { Problem } from '../../runtime/problems';
import type { Message } from '../../runtime/red';
import { eventually } from '../../test/support/eventually';
import { fakeLedger } from '../../test/support/fake-ledger';
import { load, received, unload } from '../../test/support/node-test';
import { problem } from '../../test/support/problem';
import { Teller } from './teller';

import register = require('./problems');

describe('problems (what is told)', () => {
  const settings = { kinds: [] as string[], growth: 2, quiet: 60_000 };
  let teller: Teller;
  let now: number;
  const look = (...problems: Problem[]) =>
    teller.look(problems, settings, now).map(({ change, problem: { key, count } }) => `${change} ${key} ${count}`);

  beforeEach(() => {
    teller = new Teller();
    now = 1_000;
    Object.assign(settings, { kinds: [], growth: 2, quiet: 60_000 });
  });

  it('a problem that lasts, once; a blip not at all', () => {
    assert.deepEqual(look(problem('a'), problem('blip')), []);
    assert.equal(teller.wait(settings, now), 60_000);
    now += 59_999;
    assert.deepEqual(look(problem('a')), []);
    assert.equal(teller.wait(settings, now), 1);
    now += 1;
    assert.deepEqual(look(problem('a'), problem('blip')), ['started a 1']);
    now += 30_000;
    assert.deepEqual(look(problem('a')), []);
    assert.equal(teller.open, 1);
  });

  it('one that grows item by item each time it has doubled', () => {
    settings.quiet = 0;
    const told = Array.from({ length: 100 }, (_, at) => look(problem('a', at + 1))).flat();
    assert.deepEqual(told, ['started a 1', 'grew a 2', 'grew a 4', 'grew a 8', 'grew a 16', 'grew a 32', 'grew a 64']);
    assert.deepEqual(look(problem('a', 90)), []);
    assert.deepEqual(look(problem('a', 128)), ['grew a 128']);
  });

  it('every growth with a factor of 1, and nothing while it stays', () => {
    Object.assign(settings, { quiet: 0, growth: 1 });
    assert.deepEqual(look(problem('a')), ['started a 1']);
    assert.deepEqual(look(problem('a')), []);
    assert.deepEqual(look(problem('a', 2)), ['grew a 2']);
  });

  it('an end that lasts, with the last count; not one that was only a gap', () => {
    look(problem('a'));
    now += 60_000;
    look(problem('a', 3));
    assert.deepEqual(look(), []);
    now += 59_000;
    assert.deepEqual(look(problem('a', 3)), []);
    now += 60_000;
    assert.deepEqual(look(), []);
    now += 60_000;
    assert.deepEqual(look(), ['ended a 3']);
    assert.equal(teller.open, 0);
    assert.equal(teller.wait(settings, now), null);
  });

  it('the chosen kinds only', () => {
    Object.assign(settings, { quiet: 0, kinds: ['silent'] });
    assert.deepEqual(look(problem('a'), problem('b', 1, 'silent')), ['started b 1']);
  });
});

describe('problems (node)', function () {
  // The watch looks three seconds after something happened.
  this.timeout(20_000);
  afterEach(() => unload());

  const flow = (more: Record<string, unknown> = {}) => [
    { id: 'p', type: 'shelfwire-problems', quiet: '0', growth: '2', kinds: [], wires: [['out']], ...more },
    { id: 'out', type: 'helper', wires: [] },
  ];
  const payloads = (messages: Message[]) =>
    messages.map(({ topic, payload }) => {
      const { change, kind, key, count, sender, code } = payload as Record<string, unknown>;
      return [topic, change, kind, key, count, sender, code];
    });

  it('tells what starts and ends, and nothing again after a deploy', async () => {
    const found = [
      { kind: 'input', outlet: null, sender: 'mipos', code: 'bad', count: 3, message: 'why', last_at: null },
    ];
    const fake = fakeLedger({ outlets: async () => [], problems: async () => found as never });
    try {
      // Other tests of the process had unproven requests.
      await load([register], flow({ kinds: ['input'] }));
      const out = received('out');
      await eventually(() => out.length > 0, 10_000);
      assert.deepEqual(payloads(out), [['input', 'started', 'input', 'input mipos bad', 3, 'mipos', 'bad']]);
      const { message, step } = out[0]!.payload as { message: string; step: string };
      assert.match(message, /: why$/);
      assert.notEqual(step, '');

      await unload();
      await load([register], flow({ kinds: ['input'] }));
      const again = received('out');
      found.length = 0;
      problemWatch().poke();
      await eventually(() => again.length > 0, 10_000);
      assert.deepEqual(payloads(again), [['input', 'ended', 'input', 'input mipos bad', 3, 'mipos', 'bad']]);
    } finally {
      fake.forget();
    }
  });
});
