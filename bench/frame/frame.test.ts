import assert from 'node:assert/strict';
import type { Comparison, Side } from '../comparison';
import { markdownTable, withTable } from './keep';
import { judge, MachineNoise, type Noise, type NoiseGuard, type Reading } from './noise';
import { htmlReport } from './report';
import type { ComparisonResult } from './results';
import { runComparison } from './run';
import { certainRange, spread } from './statistics';
import { summarize, verdict } from './summary';
import { figure } from './words';

const QUIET: Noise = { quiet: true, why: [], slower: 1, stolen: 0, others: 0, load: 1 };
const NOISY: Noise = { ...QUIET, quiet: false, why: ['other programs took 0.50 cores'] };
const READING: Reading = { spins: [10, 10], times: null };

/** Says of each round what the list says, and quiet afterwards. */
function guard(said: Noise[] = []): NoiseGuard {
  const left = [...said];
  return { before: async () => READING, after: async () => left.shift() ?? QUIET, stop: async () => {} };
}

/** Its figure in each round. */
const side = (name: string, values: number[], ran: string[] = []): Side => ({
  name,
  async run(round) {
    ran.push(`${name}${round}`);
    return { value: values[round]!, details: { 'p99 ms': round } };
  },
});

const OURS = [50, 51, 52, 53, 54, 55, 56, 57, 58, 59];
const PEERS = OURS.map(() => 100);
const comparison = (sides: Side[]): Comparison => ({
  id: 'webhook',
  title: 'a webhook <of> "some" size',
  unit: 'requests/s',
  sides,
  reach: [{ against: 'bare', atLeast: 0.5 }],
});

async function result(said: Noise[] = []): Promise<ComparisonResult> {
  const { id, title, unit, sides, reach } = comparison([side('ours', OURS), side('bare', PEERS)]);
  const options = { guard: guard(said), rounds: 5, quick: false, noisyAllowed: false, tell: () => {} };
  const run = await runComparison({ id, title, unit, sides, reach }, options);
  const machine = { cpu: 'x', cores: 2, memoryGb: 4, system: 'y', node: '24', nodeRed: '5', fsyncMs: 0.2 };
  const names = sides.map(({ name }) => name);
  const common = { wanted: 5, quick: false, noisyAllowed: false, machine, at: '2026-01-01T00:00:00Z', commit: 'abc' };
  return { id, title, unit, sides: names, reach, ...common, ...run };
}

describe('bench: statistics', () => {
  it('medians with their range', () => {
    assert.deepEqual(spread([5, 1, 3]), { median: 3, min: 1, max: 5 });
    assert.deepEqual(spread([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
    assert.throws(() => spread([]));
  });

  it('the range in which the median surely lies leaves the outermost out once there are enough', () => {
    assert.deepEqual(certainRange([7]), [7, 7]);
    assert.deepEqual(certainRange([1, 2, 3, 4, 5]), [1, 5]);
    assert.deepEqual(certainRange([1, 2, 3, 4, 5, 6, 7]), [1, 7]);
    assert.deepEqual(certainRange([8, 7, 6, 5, 4, 3, 2, 1]), [2, 7]);
  });

  it('verdicts: only a range that is wholly on one side decides', () => {
    assert.equal(verdict({ atLeast: 0.5 }, [0.5, 0.6, 0.7, 0.8, 0.9]), 'reached');
    assert.equal(verdict({ atLeast: 0.5 }, [0.1, 0.2, 0.3, 0.4, 0.49]), 'missed');
    assert.equal(verdict({ atLeast: 0.5 }, [0.49, 0.6, 0.7, 0.8, 0.9]), 'too noisy to tell');
    assert.equal(verdict({ atMost: 10 }, [2, 3, 10, 4, 5]), 'reached');
    assert.equal(verdict({ atMost: 10 }, [11, 12, 13, 14, 15]), 'missed');
    assert.equal(verdict({ atLeast: 0.8, atMost: 1.2 }, [0.9, 1, 1.1, 1, 1]), 'reached');
  });

  it('figures have three digits that count', () => {
    assert.deepEqual([0, 0.5312, 12.44, 32787.4, 0.0123].map(figure), ['0', '0.531', '12.4', '32,787', '0.0123']);
  });
});

describe('bench: rounds', () => {
  it('every side runs once in each round, in an order that turns', async () => {
    const ran: string[] = [];
    const sides = [side('a', OURS, ran), side('b', OURS, ran), side('c', OURS, ran)];
    const options = { guard: guard(), rounds: 3, quick: true, noisyAllowed: false, tell: () => {} };
    const { rounds } = await runComparison(comparison(sides), options);
    assert.deepEqual(ran, ['a0', 'b0', 'c0', 'b1', 'c1', 'a1', 'c2', 'a2', 'b2']);
    assert.deepEqual(rounds[1]!.order, ['b', 'c', 'a']);
  });

  it('noisy rounds are kept, made up for, and do not count', async () => {
    const measured = await result([NOISY, QUIET, NOISY]);
    const { rounds, noisy, ratios, reaches, refused } = summarize(measured);
    assert.deepEqual([measured.rounds.length, rounds, noisy, refused], [7, 5, 2, null]);
    // Rounds 1, 3, 4, 5, 6: the ratio is of figures of the same round.
    assert.deepEqual(ratios[0]!.values, [0.51, 0.53, 0.54, 0.55, 0.56]);
    assert.deepEqual([ratios[0]!.median, ratios[0]!.min, ratios[0]!.max], [0.54, 0.51, 0.56]);
    assert.equal(reaches[0]!.verdict, 'reached');
  });

  it('concludes nothing from quick rounds, nor from noisy ones that were allowed', async () => {
    const measured = await result();
    for (const loose of [{ quick: true }, { noisyAllowed: true }])
      assert.equal(summarize({ ...measured, ...loose }).reaches[0]!.verdict, 'too noisy to tell');
  });

  it('refuses to compare where too few rounds were quiet', async () => {
    const measured = await result(Array.from({ length: 6 }, () => NOISY));
    const { refused, ratios, sides, reaches } = summarize(measured);
    assert.equal(measured.rounds.length, 10);
    assert.match(refused!, /too noisy to tell: 4 of 10 rounds were quiet, 5 are needed/);
    assert.deepEqual([ratios, sides, reaches[0]!.verdict], [[], [], 'too noisy to tell']);
    assert.match(htmlReport([measured]), /Not compared: too noisy to tell/);
    assert.match(markdownTable([measured]), /\| – \| bare \| – \| – \| ≥ 0\.5 \| too noisy to tell/);
  });

  it('a side that fails ends the comparison, and what was set up is taken down', async () => {
    let down = false;
    const broken: Side = { name: 'bare', run: async () => Promise.reject(new Error('answered 503')) };
    const { id, title, unit, reach } = comparison([]);
    const tearDown = async () => {
      down = true;
    };
    const options = { guard: guard(), rounds: 5, quick: false, noisyAllowed: false, tell: () => {} };
    const run = await runComparison({ id, title, unit, reach, sides: [side('ours', OURS), broken], tearDown }, options);
    assert.match(run.error!, /answered 503/);
    assert.ok(down);
    assert.match(summarize({ ...(await result()), ...run }).refused!, /^failed: Error: answered 503/);
  });
});

describe('bench: noise', () => {
  const times = (all: number, user: number, stolen: number, ours: number) => ({ cores: 2, all, user, stolen, ours });

  it('three witnesses', () => {
    const start: Reading = { spins: [10, 10], times: times(1000, 100, 0, 50) };
    const later = (spins: number[], stolen: number, users: number): Reading => ({
      spins,
      times: times(2000, 100 + users, stolen, 50 + 400),
    });
    assert.deepEqual(judge(start, later([10, 11], 10, 420), [10, 10]).why, []);
    assert.match(judge(start, later([10, 12], 0, 400), [10, 10]).why.join(), /1\.20 times/);
    assert.match(judge(start, later([10, 10], 50, 400), [10, 10]).why.join(), /host took 5 %/);
    assert.match(judge(start, later([10, 10], 0, 600), [10, 10]).why.join(), /other programs took 0\.40 cores/);
    assert.equal(judge({ spins: [10], times: null }, { spins: [10], times: null }, [10]).quiet, true);
  });

  it('is read on this machine', async () => {
    const machine = await MachineNoise.start();
    try {
      const noise = await machine.after(await machine.before());
      assert.ok(noise.slower >= 1 && noise.slower < 1000, String(noise.slower));
      assert.equal(noise.quiet, noise.why.length === 0);
    } finally {
      await machine.stop();
    }
  }).timeout(60_000);
});

describe('bench: report', () => {
  it('shows every round, asks no other host, and texts are no markup', async () => {
    const html = htmlReport([await result()]);
    assert.equal(html.match(/<circle/g)!.length, 5 + 5 + 5);
    assert.doesNotMatch(html, /https?:|<of>|src=|@import/);
    assert.match(html, /class="reached">reached</);
    assert.match(html, /≥ 0\.5/);
  });

  it('goes between the marks of the page', async () => {
    const page = withTable('# P\n\n<!-- bench -->\nold\n<!-- /bench -->\n\nrest\n', [await result()]);
    assert.match(page, /^# P\n\n<!-- bench -->\n\n\| work \|/);
    assert.match(
      page,
      /\| 52 \(50–54\) requests\/s \| bare \| 100 \(100–100\) requests\/s \| 0\.52 \(0\.5–0\.54\) \| ≥ 0\.5 \| reached \|/,
    );
    assert.doesNotMatch(page, /old/);
    assert.match(page, /<!-- \/bench -->\n\nrest\n$/);
    assert.throws(() => withTable('# P\n', []), /bench/);
  });
});
