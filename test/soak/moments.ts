/** The moments at which the process ends, each met exactly; each says what was not as it must be then. */
import type { Moment } from '../../simulators/pasons';
import { age, askCopy, contentOf } from '../oracle/ledger-file';
import { eventually } from '../support/eventually';
import type { Order, Point } from '../support/faults/points';
import { answeredUnconfirmed, committedUnanswered, notedUnsent, sentUnconfirmed, uncommitted } from './judge';
import type { Soak } from './soak';

/** @returns what was wrong, in words */
type End = (soak: Soak) => Promise<string[]>;

/** Milliseconds of work between a start and the end. */
const WORK = { least: 300, most: 1_500 };
const LONG_AGO_DAYS = 200;
/** Node-RED gives its nodes 15 s to close. */
const CLOSE_MS = 15_000;

const atPoint =
  (point: Point, judge: (soak: Soak, hit: Awaited<ReturnType<Soak['endAt']>>) => string[]): End =>
  async (soak) => {
    await soak.start();
    await soak.work(WORK);
    return judge(soak, await soak.endAt({ point, skip: soak.between(0, 3) }));
  };

const atPlatform =
  (moment: Moment): End =>
  async (soak) => {
    await soak.start();
    await soak.work(WORK);
    return sentUnconfirmed(soak, await soak.killAtPlatform(moment));
  };

/** The first start of a ledger makes its schema. */
const inMigration =
  (point: Point): End =>
  async (soak) => {
    soak.place({ point });
    await soak.startFails();
    soak.hit({ point });
    return [];
  };

/** History that arrived long ago is being removed while everything goes on. */
const inPruning =
  (point: Point): End =>
  async (soak) => {
    const { events } = askCopy(soak.file, contentOf);
    age(soak.file, LONG_AGO_DAYS);
    for (const at of events.keys()) soak.old.add(at);
    await soak.start();
    await soak.work(WORK);
    const ended = soak.endAt({ point, skip: events.size > 2_000 ? soak.between(0, 2) : 0 });
    soak.red!.ask({ do: 'prune', keepDays: 90 }).catch(() => {});
    const removed = (await ended).statements.filter(({ sql }) => sql.startsWith('DELETE FROM events'));
    return removed.length > 0 ? [] : ['nothing was being removed'];
  };

/** Only the ledger's thread ends; the process goes on, and so must everything else. Then it is killed all the same. */
const inItsThread =
  (order: Order): End =>
  async (soak) => {
    await soak.start();
    await soak.work(WORK);
    soak.place(order);
    await eventually(() => soak.wasHit(), 60_000, `the end of the thread at ${order.point}`);
    soak.hit(order);
    await soak.work(WORK);
    const problems = soak.check([...soak.shops.acknowledged], 0).problems;
    // On a busy machine a thread takes longer to run out of memory than the work beside it.
    for (const said of ['The ledger has stopped', 'The ledger is open now'])
      await eventually(() => soak.red!.logs().includes(said), 60_000).catch(() => {
        problems.push(`the log does not say "${said}"`);
      });
    await soak.red!.kill9();
    return problems;
  };

const atRandom: End = async (soak) => {
  await soak.start();
  await soak.work({ least: 0, most: 2_500 });
  await soak.red!.kill9();
  return [];
};

/** Somewhere between the start of the program and its first answers. */
const whileStarting: End = async (soak) => {
  const after = soak.between(300, Math.max(1_000, Math.round(soak.slowestStart)));
  await soak.start({ TEST_KILL_AFTER_MS: String(after) }).catch(() => undefined);
  await soak.ended(`the kill ${after} ms after the start`);
  return [];
};

/** As an operator stops it: what is under way is finished or given back, and it ends by itself. */
const stopped: End = async (soak) => {
  await soak.start();
  await soak.work(WORK);
  const began = performance.now();
  process.kill(soak.red!.pid, 'SIGTERM');
  const { code, signal } = await soak.ended('the end after SIGTERM');
  const took = Math.round(performance.now() - began);
  soak.slowestStop = Math.max(soak.slowestStop, took);
  const open = askCopy(
    soak.file,
    (db) => db.prepare("SELECT count(*) AS n FROM chunks WHERE status = 'sending'").get()!.n,
  );
  return [
    ...(code === 0 ? [] : [`SIGTERM ended it with ${code ?? signal}`]),
    ...(took < CLOSE_MS ? [] : [`SIGTERM took ${took} ms`]),
    ...(open === 0 ? [] : [`SIGTERM left ${open} requests without an outcome`]),
  ];
};

/** What can be chosen, by name. */
export const MOMENTS = {
  'before the commit': atPoint('record:before', uncommitted),
  'between commit and answer': atPoint('record:after', committedUnanswered),
  'before the request leaves': atPoint('send:after', (soak, hit) => notedUnsent(soak, hit, soak.keysRead)),
  'when the platform has the request': atPlatform('read'),
  'when the platform has applied it': atPlatform('applied'),
  "between the platform's answer and the confirmation": atPoint('settle:before', (soak, hit) =>
    answeredUnconfirmed(soak, hit, soak.keysAnswered),
  ),
  'after the confirmation': atPoint('settle:after', () => []),
  'in pruning, before its commit': inPruning('prune:before'),
  'in pruning, after its commit': inPruning('prune:after'),
  "of the ledger's thread alone": inItsThread({ point: 'record:after', end: 'thread' }),
  "of the ledger's thread alone, out of memory": inItsThread({ point: 'send:after', end: 'memory' }),
  SIGTERM: stopped,
  'while starting': whileStarting,
  'at random': atRandom,
} satisfies Record<string, End>;
export type MomentName = keyof typeof MOMENTS;

/** Only a ledger that is not there yet is migrated: these come first. */
export const FIRST_MOMENTS: Record<string, End> = {
  'in the migration, before its commit': inMigration('migrate:before'),
  'in the migration, after its commit': inMigration('migrate:after'),
};
