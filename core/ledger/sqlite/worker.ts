/** The worker thread that owns the database: receives groups of calls, answers after the commit. */
import { parentPort, workerData } from 'node:worker_threads';
import { toShelfwireError } from '../../errors';
import { examineLater } from './examine';
import { type Parcel, packReplies, unpack } from './parcel';
import type { ThreadData, ThreadMessage } from './thread';

// node:sqlite announces itself as experimental on Node 22; only that warning is silenced.
const emitWarning = process.emitWarning.bind(process);
process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
  if (!String(warning).includes('SQLite is an experimental feature')) emitWarning(warning, ...rest);
}) as typeof process.emitWarning;

const { Engine } = require('./engine') as typeof import('./engine');
const { clockFrom } = require('./context') as typeof import('./context');

const port = parentPort!;
const { file, kind, origin, follows } = workerData as ThreadData;
const tell = (message: ThreadMessage) => port.postMessage(message);

try {
  const engine = new Engine(file, kind, clockFrom(origin), follows);
  tell({ opened: engine.info });
  const leave = engine.examined ? () => undefined : examineLater(file, () => engine.condemn());
  port.on('message', (message: Parcel | 'close') => {
    if (message === 'close') {
      leave();
      engine.close();
      tell({ closed: true });
      port.close();
      return;
    }
    const calls = unpack(message);
    const { replies, news } = engine.run(calls);
    tell({ replies: packReplies(calls, replies), news });
  });
} catch (thrown) {
  const { code, message } = toShelfwireError(thrown);
  tell({ failed: { code, message } });
  port.close();
}
