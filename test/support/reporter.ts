/**
 * mocha's "dot", which also writes `<passed> <failed>` to the file that SHELFWIRE_TEST_REPORT names: what .ci/run adds up.
 */
import { writeFileSync } from 'node:fs';
import { type MochaOptions, type Runner, reporters } from 'mocha';

class Reporter extends reporters.Dot {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const file = process.env.SHELFWIRE_TEST_REPORT;
    if (file) runner.once('end', () => writeFileSync(file, `${this.stats.passes} ${this.stats.failures}\n`));
  }
}

export = Reporter;
