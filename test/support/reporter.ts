/**
 * mocha's "dot", which also writes `<passed> <failed>` to the file that SHELFWIRE_TEST_REPORT names: what .ci/run adds up.
 * A run that does not end by itself has left something open (a server, a timer, a process): that is a failure too.
 */
import { writeFileSync } from 'node:fs';
import { type MochaOptions, type Runner, reporters } from 'mocha';

const LINGER_MS = 15_000;

class Reporter extends reporters.Dot {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    runner.once('end', () => {
      this.write(this.stats.failures);
      // Keeps nothing open itself: it fires only while something else does.
      setTimeout(() => this.endsNot(), LINGER_MS).unref();
    });
  }

  private write(failures: number): void {
    const file = process.env.SHELFWIRE_TEST_REPORT;
    if (file) writeFileSync(file, `${this.stats.passes} ${failures}\n`);
  }

  private endsNot(): void {
    console.error(`The tests are over, but left something open: ${process.getActiveResourcesInfo().join(', ')}`);
    this.write(this.stats.failures + 1);
    // After mocha's own listener, which sets the code by the failures it knows.
    process.on('exit', () => {
      process.exitCode = 1;
    });
    process.exit();
  }
}

export = Reporter;
