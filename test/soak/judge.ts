/** What must hold in the end, and that each chosen end was really met where it was meant to be. */
import { scalarText } from '../../simulators/exact-json';
import type { PlatformRequest } from '../../simulators/pasons';
import { askCopy, contentOf } from '../oracle/ledger-file';
import { expectedOf, type Shown } from '../oracle/told';
import type { Hit } from '../support/faults/points';
import type { Soak } from './soak';

export function judgeEnd(soak: Soak): string[] {
  const { shops, pasons, witness } = soak;
  const problems = [...witness.problems];
  soak.check(shops.told.keys(), shops.deliveries);
  const unheard = [...shops.told.keys()].filter((at) => !shops.acknowledged.has(at));
  if (unheard.length > 0) problems.push(`${unheard.length} events were never acknowledged`);
  for (const { store, sku } of pasons.overlaps) problems.push(`${store} ${sku} was in two requests at once`);
  const expected = expectedOf(shops.told.values());
  const found = new Map<string, Shown>();
  for (const [store, items] of Object.entries(pasons.store.content()))
    for (const [sku, item] of Object.entries(items))
      found.set(`${store} ${sku}`, {
        selling_price: scalarText(item.selling_price),
        stock_status: scalarText(item.stock_status),
        quantity: scalarText(item.quantity),
      });
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const [want, have] = [JSON.stringify(expected.get(key)), JSON.stringify(found.get(key))];
    if (want !== have) problems.push(`${key}: the platform shows ${have}, it should be ${want}`);
  }
  return problems;
}

/** Source times, in milliseconds, of the events that a transaction stored. */
export function storedIn(hit: Hit): number[] {
  return hit.statements
    .filter(({ sql }) => sql.startsWith('INSERT INTO events'))
    .map(({ sql, values }) => {
      const columns = /\(([^)]+)\)/
        .exec(sql)![1]!
        .split(',')
        .map((name) => name.trim());
      return Number(values[columns.indexOf('occurred_at')]) / 1000;
    });
}

/** Killed between commit and answer: it is stored, and nobody was told so. */
export function committedUnanswered(soak: Soak, hit: Hit): string[] {
  const stored = storedIn(hit);
  const { events } = askCopy(soak.file, contentOf);
  const lost = stored.filter((at) => !events.has(at));
  const heard = stored.filter((at) => soak.shops.acknowledged.has(at) && !soak.old.has(at));
  return [
    ...(stored.length === 0 ? ['nothing was being stored'] : []),
    ...(lost.length > 0 ? [`${lost.length} events were committed and are gone`] : []),
    ...(heard.length > 0 ? [`${heard.length} events were acknowledged before the answer`] : []),
  ];
}

/** Killed before the commit: nothing of it is stored, nobody was told otherwise. */
export function uncommitted(soak: Soak, hit: Hit): string[] {
  const stored = storedIn(hit);
  const { events } = askCopy(soak.file, contentOf);
  const half = stored.filter((at) => events.has(at));
  const heard = stored.filter((at) => soak.shops.acknowledged.has(at) && !soak.old.has(at));
  return [
    ...(stored.length === 0 ? ['nothing was being stored'] : []),
    ...(half.length > 0 ? [`${half.length} events of a transaction without commit are there`] : []),
    ...(heard.length > 0 ? [`${heard.length} events were acknowledged before they were stored`] : []),
  ];
}

/** Killed after it was noted that a request leaves, before it left. @param seen keys that reached the platform */
export function notedUnsent(soak: Soak, hit: Hit, seen: ReadonlySet<string>): string[] {
  const noted = hit.statements.filter(({ sql }) => sql.startsWith('INSERT INTO chunks'));
  const rows = askCopy(soak.file, (db) =>
    noted.map(({ values }) =>
      db
        .prepare(
          'SELECT status, key, (SELECT count(*) FROM chunks o WHERE o.key = c.key) AS n FROM chunks c WHERE id = ?',
        )
        .get(String(values[0])),
    ),
  );
  // A request that failed before and is noted anew with the same content has the same key.
  const first = rows.filter((row) => row?.n === 1);
  return [
    ...(noted.length === 0 ? ['no request was about to leave'] : []),
    ...(rows.every((row) => row?.status === 'sending')
      ? []
      : [`it is not noted that the request leaves: ${JSON.stringify(rows)}`]),
    ...(first.some((row) => seen.has(String(row!.key))) ? ['the request had left'] : []),
  ];
}

/** Killed when the platform had the request: it is not confirmed. */
export function sentUnconfirmed(soak: Soak, request: PlatformRequest): string[] {
  const key = request.headers['idempotency-key']!;
  const row = askCopy(soak.file, (db) => db.prepare('SELECT status FROM chunks WHERE key = ?').get(key));
  return row?.status === 'sending' || row?.status === 'unknown'
    ? []
    : [`the chunk of ${key} is ${row?.status ?? 'not there'}, although no answer came`];
}

/** Killed when the answer had come and was being noted: the platform has it, the ledger does not know so. */
export function answeredUnconfirmed(soak: Soak, hit: Hit, answered: ReadonlySet<string>): string[] {
  const noted = hit.statements.filter(({ sql }) => sql.startsWith('UPDATE chunks SET status'));
  const rows = askCopy(soak.file, (db) =>
    noted.map(({ values }) => db.prepare('SELECT key, status FROM chunks WHERE seq = ?').get(values.at(-1) as number)),
  );
  return [
    ...(noted.length === 0 ? ['no answer was being noted'] : []),
    ...(rows.every((row) => row && answered.has(String(row.key))) ? [] : ['the platform had not answered']),
    ...(rows.every((row) => row?.status === 'sending' || row?.status === 'unknown')
      ? []
      : [`the answer is noted already: ${JSON.stringify(rows)}`]),
  ];
}
