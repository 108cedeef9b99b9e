import assert from 'node:assert/strict';
import { withRow } from './last-run';

describe('table of last runs', () => {
  const page = '# Page\n\n<!-- last runs -->\n<!-- /last runs -->\n\nthe rest\n';

  it('adds a row, and replaces the row of the same command', () => {
    const once = withRow(page, 'npm run soak', '99 kills', 'yesterday');
    const twice = withRow(withRow(once, 'npm run sim', '5 runs', 'today'), 'npm run soak', '100 kills', 'today');
    const rows = twice.split('\n').filter((line) => line.startsWith('| `'));
    assert.deepEqual(rows, ['| `npm run sim` | 5 runs | today |', '| `npm run soak` | 100 kills | today |']);
    assert.match(twice, /^# Page\n/);
    assert.match(twice, /\nthe rest\n$/);
  });

  it('refuses a page without the table', () => {
    assert.throws(() => withRow('# Page\n', 'x', 'y', 'z'), /last runs/);
  });
});
