/** `npm run fuzz`: every test of input, with many times as many tries as in `npm cit` (FUZZ_RUNS, 100). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../support/command';
import { recordLastRun } from '../support/last-run';

const SPECS = [
  'dist/test/input/*.test.js',
  'dist/core/stock/exact-json.test.js',
  'dist/connectors/catalogue/formula.test.js',
];

async function main(): Promise<number> {
  const runs = process.env.FUZZ_RUNS ?? '100';
  const folder = mkdtempSync(join(tmpdir(), 'shelfwire-fuzz-'));
  const report = join(folder, 'report');
  const start = performance.now();
  try {
    const mocha = ['--no-config', '--exit', '--require', 'dist/test/support/setup.js', '--timeout', '3600000'];
    const reporter = ['--reporter', 'dist/test/support/reporter.js'];
    const { status } = spawnSync(
      process.execPath,
      [require.resolve('mocha/bin/mocha.js'), ...mocha, ...reporter, ...SPECS.flatMap((spec) => ['--spec', spec])],
      { stdio: 'inherit', env: { ...process.env, FUZZ_RUNS: runs, SHELFWIRE_TEST_REPORT: report } },
    );
    const [passed, failed] = readFileSync(report, 'utf8').trim().split(' ');
    const minutes = ((performance.now() - start) / 60_000).toFixed(1);
    const figures = `${passed} tests passed, ${failed} failed, each property with ${runs} × as many tries as in npm cit; ${minutes} min`;
    console.log(figures);
    if (status !== 0) return 1;
    recordLastRun('npm run fuzz', figures);
    return 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

runCommand(main);
