/** What happened, in order, as one hash: two runs of one seed must give the same. Printed line by line when asked. */
import { createHash, type Hash } from 'node:crypto';

export class Trace {
  private readonly hash: Hash = createHash('sha1');
  private readonly print: ((line: string) => void) | undefined;

  constructor(print?: (line: string) => void) {
    this.print = print;
  }

  note(time: number, what: string): void {
    const line = `${time} ${what}`;
    this.hash.update(line).update('\n');
    this.print?.(line);
  }

  digest(): string {
    return this.hash.digest('hex');
  }
}
