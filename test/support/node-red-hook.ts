/**
 * Loaded into a tested Node-RED process (`node --require`): tells the test over IPC when flows have started, which no
 * route of Node-RED says, and ends the process when the test has gone away.
 */
import { isMainThread } from 'node:worker_threads';

interface Events {
  on(event: string, listener: (...args: unknown[]) => void): void;
}

function watch(): void {
  // The tested Node-RED's own copy, which need not be the repository's.
  const util = require.resolve('@node-red/util', { paths: [process.argv[1]!] });
  const { events } = require(util) as { events: Events };
  const tell = (what: string) => {
    if (process.connected) process.send?.({ shelfwire: what });
  };
  events.on('flows:started', () => tell('flows-started'));
  events.on('runtime-event', (event) => {
    const { id, payload } = (event ?? {}) as { id?: string; payload?: { error?: string } };
    if (id === 'runtime-state' && payload?.error === 'missing-types') tell('missing-types');
  });
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}

// Worker threads of the process inherit the option.
if (isMainThread) watch();
