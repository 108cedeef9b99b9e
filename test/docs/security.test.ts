/** docs/security.md: every row says what is done and names tests that are there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/node-red';

describe('docs/security.md', () => {
  it('names for every row a test that is there', () => {
    const page = readFileSync(join(ROOT, 'docs/security.md'), 'utf8');
    const rows = page.split('\n').filter((line) => /^\| (?!attack|place|-)/.test(line));
    assert.ok(rows.length > 30, `${rows.length} rows`);
    for (const row of rows) {
      const files = [
        ...row
          .split('|')
          .at(-2)!
          .matchAll(/`([^`]+\.test\.ts)`/g),
      ].map(([, file]) => file!);
      assert.ok(files.length > 0, row);
      for (const file of files) assert.ok(existsSync(join(ROOT, file)), `${file} of ${row}`);
    }
  });
});
