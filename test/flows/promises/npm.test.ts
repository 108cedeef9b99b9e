/** `npm start` as a service manager or a container runs it: the signal goes to npm alone. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { eventually } from '../../support/eventually';
import { freePort } from '../../support/free-port';
import { cleanEnvironment, ROOT } from '../../support/node-red';
import { type TempFolder, tempFolder } from '../../support/temp-folder';

describe('npm start', function () {
  this.timeout(60_000);
  let data: TempFolder;
  beforeEach(() => {
    data = tempFolder('npm');
  });
  afterEach(() => data.remove());

  it('ends cleanly with npm, and leaves nobody on its port', async () => {
    const port = await freePort();
    const npm = spawn('npm', ['start'], {
      cwd: ROOT,
      env: {
        ...cleanEnvironment(),
        PORT: String(port),
        SHELFWIRE_MQTT_PORT: String(await freePort()),
        SHELFWIRE_DATA: data.path,
        PASONS_URL: 'http://127.0.0.1:9',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    npm.stdout.on('data', (piece: Buffer) => {
      printed += piece.toString();
    });
    npm.stderr.resume();
    const ended = new Promise((resolve) => npm.once('close', (code, signal) => resolve(code ?? signal)));
    const health = async () => (await fetch(`http://127.0.0.1:${port}/health`)).status;
    await eventually(async () => (await health()) === 200, 30_000, 'health');
    npm.kill('SIGTERM');
    assert.equal(await ended, 0);
    assert.match(printed, /Stopped flows/);
    await assert.rejects(health);
  });
});
