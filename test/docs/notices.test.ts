/** Code of others that is bundled into the editor's scripts goes with its licence. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/node-red';

describe('THIRD-PARTY-NOTICES', () => {
  const notices = readFileSync(join(ROOT, 'THIRD-PARTY-NOTICES'), 'utf8');
  const { files, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    files: string[];
    devDependencies: Record<string, string>;
  };

  it('names every package that the editor imports, with its licence, and is in the package', () => {
    const sources = globSync('{editor,nodes}/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
    const imported = new Set(
      sources.flatMap((file) =>
        Object.keys(devDependencies).filter((name) =>
          new RegExp(`from '${name}['/]`).test(readFileSync(join(ROOT, file), 'utf8')),
        ),
      ),
    );
    assert.ok(imported.has('qrcode-generator'));
    for (const name of imported) assert.match(notices, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(MIT\\)$`, 'm'));
    assert.match(notices, /Permission is hereby granted/);
    assert.ok(files.includes('THIRD-PARTY-NOTICES'));
  });
});
