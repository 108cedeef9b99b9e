/**
 * What the hot paths may cost: work that is counted, not timed, and so is the same on a busy machine as on a quiet one.
 * The figures stand in budgets.json; `npm run budget` counts anew and compares, `npm run budget -- --record` writes them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/node-red';

/** What is counted, of one event, item or push. */
export const COUNTS = {
  'heap bytes': 'allocated on the heap of V8, by interpreted code',
  'buffer bytes': 'in buffers outside of that heap',
  messages: 'posted between Node-RED and the thread of the ledger, there and back',
  statements: 'run in SQLite',
  'rows read': 'that SQLite handed out',
  'pages visited': 'of the ledger file, by a SQLite that remembers none',
  'pages written': 'to the log of the ledger',
} as const;
export type Count = keyof typeof COUNTS;
export type Counts = Partial<Record<Count, number>>;

export interface Path {
  id: string;
  /** What is done. */
  title: string;
  per: 'event' | 'item' | 'push';
  /** Where to look when it grows. */
  code: string;
  count(): Promise<Counts>;
}

export interface Budget {
  title: string;
  per: Path['per'];
  code: string;
  counts: Partial<Record<Count, { measured: number; allowed: number }>>;
}

export interface Budgets {
  /** What may be added to a measured figure before it counts as grown; a node's heap also holds what Node-RED allocates. */
  tolerance: Record<Count, number>;
  node: string;
  paths: Record<string, Budget>;
  /** Every time something was allowed to grow: by how much, and why. */
  grown: string[];
}

export type Measured = Record<string, Counts>;

export const FILE = join(ROOT, 'test', 'budget', 'budgets.json');
export const readBudgets = (): Budgets => JSON.parse(readFileSync(FILE, 'utf8')) as Budgets;
export const writeBudgets = (budgets: Budgets): void => writeFileSync(FILE, `${JSON.stringify(budgets, null, 2)}\n`);

export interface Grown {
  path: string;
  count: Count;
  measured: number;
  now: number;
  allowed: number;
}

/** What costs more than it may. @throws when a figure is missing on one side: it would guard nothing */
export function grownIn(budgets: Budgets, measured: Measured): Grown[] {
  return Object.entries(measured).flatMap(([path, counts]) => {
    const budget = budgets.paths[path]?.counts ?? {};
    for (const count of Object.keys(counts))
      if (!(count in budget)) throw new Error(`${path} has no budget of ${count}: npm run budget -- --record`);
    return (Object.keys(budget) as Count[]).flatMap((count) => {
      const { measured: before, allowed } = budget[count]!;
      const now = counts[count];
      if (now === undefined) {
        if (count === 'pages visited' && process.platform !== 'linux') return [];
        throw new Error(`${path}: ${count} was not counted`);
      }
      return now > allowed ? [{ path, count, measured: before, now, allowed }] : [];
    });
  });
}

/** What grew, by how much, how to find the cause, and what to do when it is worth it. */
export function explain(budgets: Budgets, grown: readonly Grown[]): string {
  const lines = grown.map(({ path, count, measured, now, allowed }) => {
    const { title, per, code } = budgets.paths[path]!;
    const by = measured === 0 ? 'from nothing' : `+${percent(now / measured - 1)}`;
    return `${path} (${title}): ${count} for each ${per}: ${now}, ${by}; it was ${measured} and may be ${allowed}.
    ${COUNTS[count]}. Its code: ${code}.`;
  });
  return `More work for the same, in ${lines.length === 1 ? 'one place' : `${lines.length} places`}:

- ${lines.join('\n- ')}

To find the cause: npm run budget -- --only ${[...new Set(grown.map(({ path }) => path))].join(',')} --why tells which functions allocate and
which statements run; without --why it ends with 1 while something is too much, and the figures do not depend on how busy the
machine is, so git bisect run leads to the change.
Was it Node.js that changed (measured with ${budgets.node}, this is ${process.version}), or is the growth worth its price:
npm run budget -- --record --reason "what it buys". The reason is kept in test/budget/budgets.json.`;
}

export const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/**
 * Takes these figures over as what is measured. @throws when something grew and nobody says why
 */
export function recordIn(
  old: Budgets,
  paths: readonly Omit<Path, 'count'>[],
  measured: Measured,
  reason: string,
): Budgets {
  const known = Object.fromEntries(Object.entries(measured).filter(([id]) => old.paths[id]));
  const grown = grownIn({ ...old, paths: withNew(old, known) }, known);
  if (grown.length > 0 && reason.trim() === '')
    throw new Error(`${explain(old, grown)}\n\nNothing was recorded: say why with --reason.`);
  const all: Record<string, Budget> = {};
  for (const { id, title, per, code } of paths) {
    const counts = measured[id];
    if (!counts) {
      if (old.paths[id]) all[id] = old.paths[id];
      continue;
    }
    const figures = Object.entries(counts).map(([count, now]) => [
      count,
      { measured: now, allowed: round(now * (1 + old.tolerance[count as Count])) },
    ]);
    all[id] = { title, per, code, counts: Object.fromEntries(figures) };
  }
  const why = grown.map(
    ({ path, count, measured: before, now }) => `${path}, ${count}: ${before} to ${now}. ${reason.trim()}`,
  );
  return { ...old, node: process.version, paths: all, grown: [...old.grown, ...why] };
}

/** A figure that is counted for the first time has not grown. */
function withNew(old: Budgets, measured: Measured): Budgets['paths'] {
  return Object.fromEntries(
    Object.entries(measured).map(([id, counts]) => {
      const budget = old.paths[id]!;
      const kept = (Object.keys(counts) as Count[]).map((count) => [
        count,
        budget.counts[count] ?? { measured: counts[count]!, allowed: counts[count]! },
      ]);
      return [id, { ...budget, counts: Object.fromEntries(kept) }];
    }),
  );
}

/** Four digits tell enough. */
export const round = (figure: number): number => Number(figure.toPrecision(4));
