// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of code, as text
/**
 * The product, broken on purpose: each row replaces a piece of the compiled code, and the simulation has to notice. What
 * it cannot see has another test, which is named.
 */
export interface Mutant {
  name: string;
  /** Below `dist/core`. */
  file: string;
  /** Text of the compiled file, which must be there once, and what stands there instead. */
  changes: [find: string, replace: string][];
  /** Noticed within a few seeds: run in `npm cit`. */
  quick?: boolean;
  /** Not what the simulation looks at: the test that notices. */
  elsewhere?: string;
}

const mutant = (name: string, file: string, ...changes: [find: string, replace: string][]): Mutant => ({
  name,
  file,
  changes,
});
const quick = (name: string, file: string, ...changes: [find: string, replace: string][]): Mutant => ({
  ...mutant(name, file, ...changes),
  quick: true,
});

/** @param test what notices it instead */
const elsewhere = (
  test: string,
  name: string,
  file: string,
  ...changes: [find: string, replace: string][]
): Mutant => ({
  ...mutant(name, file, ...changes),
  elsewhere: test,
});

const SQLITE = 'ledger/sqlite';

export const MUTANTS: Mutant[] = [
  // Accepted is stored
  mutant('a failed transaction is not undone', `${SQLITE}/database.js`, [
    "this.db.exec('ROLLBACK');",
    "this.db.exec('COMMIT');",
  ]),
  mutant('what is kept in memory is not undone', `${SQLITE}/context.js`, [
    'catch (thrown) {\n            this.reload();',
    'catch (thrown) {',
  ]),
  mutant('no log before the database', `${SQLITE}/database.js`, [
    'PRAGMA journal_mode = WAL;',
    'PRAGMA journal_mode = OFF;',
  ]),
  elsewhere(
    'nothing is lost: leases run out; sooner in test/faults',
    'after a crash nothing is given back',
    `${SQLITE}/engine.js`,
    ["this.ctx.db.all('SELECT * FROM leases')", '[]'],
  ),
  // No number goes back
  quick('an older level replaces a newer one', 'stock/merge.js', ['if (arriving.at < known.at)', 'if (false)']),
  mutant('an older status replaces a newer one', `${SQLITE}/merge-event.js`, [
    'event.occurredAt >= item.status_at',
    'true',
  ]),
  mutant('of two levels of one time the later arrival wins', 'stock/merge.js', [
    'const [old, value] = ties[latestOf(ties)];',
    'const [old, value] = ties.at(-1);',
  ]),
  quick('the lease is not compared', `${SQLITE}/send.js`, ['lent.get(item) === lease', 'lent.has(item)']),
  elsewhere('test/conformance/pushing.ts', 'numbers of leases are given twice', `${SQLITE}/migrate.js`, [
    "(steps[next], 'utf8'))",
    "(steps[next], 'utf8').replace('id INTEGER PRIMARY KEY AUTOINCREMENT, outlet INTEGER NOT NULL, push', 'id INTEGER PRIMARY KEY, outlet INTEGER NOT NULL, push'))",
  ]),
  mutant('what is being sent is lent again', `${SQLITE}/take.js`, [
    'o.state = 1 AND o.urgency',
    'o.state IN (1, 2) AND o.urgency',
  ]),
  mutant('what was sent last is taken for what is being sent', `${SQLITE}/take.js`, [
    'if (wasSent(row, wanted))',
    'if (true)',
  ]),
  mutant('no answer counts as a failure', 'pushing/answer.js', ['if (sent)\n', 'if (false)\n']),
  mutant('an unanswered request is dead after one timeout', `${SQLITE}/take.js`, [
    'c.unanswered_at + 2 * c.timeout',
    'c.unanswered_at + c.timeout',
  ]),
  mutant('leases and waiting times go by the wall clock', `${SQLITE}/context.js`, [
    'return this.clock.steady();',
    'return this.clock.now();',
  ]),
  mutant('a crash forgets that a request had left', `${SQLITE}/giveback.js`, [
    "const unanswered = chunk !== undefined && (chunk.status === 'sending' || chunk.status === 'unknown');",
    'const unanswered = false;',
  ]),
  elsewhere(
    'test/conformance/pushing.ts',
    'after an error of the platform nothing counts as applied',
    `${SQLITE}/settle.js`,
    ['if (outcome.uncertain)', 'if (false)'],
  ),
  mutant(
    'a list that was not answered is taken for the ledger’s values',
    `${SQLITE}/take.js`,
    ['...bodyOf(chunk),', ''],
    ['if (chunk.claimed === 1)', 'if (false)'],
  ),
  elsewhere('test/conformance/pushing.ts', 'items that nobody told of are not claimed', `${SQLITE}/send.js`, [
    'busy.length === 0 ? unknown : []',
    '[]',
  ]),
  // Everything adds up
  quick('a count is not kept', `${SQLITE}/rows.js`, [
    'function leave(ctx, outlet, row) {\n    ctx.countState(outlet, row.state, context_1.STATE.held);',
    'function leave(ctx, outlet, row) {',
  ]),
  quick('refused events are not counted', `${SQLITE}/record.js`, ['counts.refused += 1;', '']),
  mutant('leases never end', `${SQLITE}/take.js`, [
    'WHERE outlet = ? AND until <= ?',
    'WHERE outlet = ? AND until <= ? AND 0',
  ]),
  quick('no answer counts as success', `${SQLITE}/settle.js`, [
    "case 'unknown':\n            open = unknown(ctx, outlet, chunk, lease, outcome, answer);",
    "case 'unknown':\n            accept(ctx, outlet, chunk, lease, []);",
  ]),
  mutant('items are settled by position', 'pushing/match.js', [
    'undefined : open.get(key)',
    'undefined : ticket.entries[position]',
  ]),
  quick('what changes while it is sent is forgotten', `${SQLITE}/rows.js`, [
    '(0, wanted_1.sameValues)(confirmed, wanted, outlet.fields)',
    'confirmed !== null',
  ]),
  mutant('confirmed holds for every address', `${SQLITE}/rows.js`, ['row.c_endpoint === outlet.endpoint ?', 'true ?']),
  mutant('a request goes to the address of before', `${SQLITE}/send.js`, [
    '!(0, outlets_1.isEndpoint)(ctx, outlet.endpoint, request.endpoint)',
    'false',
  ]),
  quick('named items count as accepted', 'pushing/answer.js', [
    "return { kind: 'accepted', refused: named };",
    "return { kind: 'accepted', refused: [] };",
  ]),
  mutant('the answer to a repeat names items in vain', `${SQLITE}/take.js`, [
    '...(key !== null && { mapping: { fingerprint: mapping, key: key } }),',
    '',
  ]),
  mutant('an error of the platform refuses items', 'pushing/answer.js', ['status >= 500 ||', 'status >= 600 ||']),
  mutant('a refused key refuses items', 'pushing/answer.js', ['case 401:', 'case 999:']),
  mutant('a newer value does not lift a refusal', `${SQLITE}/rows.js`, [
    ' && (0, wanted_1.sameValues)((0, exports.sentOf)(row), wanted, outlet.fields))\n        return context_1.STATE.refused',
    ')\n        return context_1.STATE.refused',
  ]),
  quick('in stock at the threshold', 'stock/merge.js', ['(quantity, threshold) > 0', '(quantity, threshold) >= 0']),
  quick('what was said once counts for ever', 'stock/merge.js', ['statusAt >= quantityAt', 'true']),
  mutant('what is paused is sent', `${SQLITE}/send.js`, ['if (outlet.paused)', 'if (false)']),
  mutant('a conflict in one store changes another', `${SQLITE}/record.js`, ['if (stores.length > 1)', 'if (false)']),
  // Once
  quick('a movement before the first level is dropped', 'stock/merge.js', [
    'levelAt !== null && at <= levelAt',
    'levelAt === null || at <= levelAt',
  ]),
  mutant('the horizon is off by one', 'stock/merge.js', [
    'levelAt !== null && at <= levelAt',
    'levelAt !== null && at < levelAt',
  ]),
  mutant('a waiting movement’s id is forgotten', `${SQLITE}/prune.js`, [
    'if (movement && !fold(ctx, item, event.occurred_at))\n            continue;',
    'if (movement) fold(ctx, item, event.occurred_at);',
  ]),
  quick(
    'one key for all that is ever sent of an item',
    'pushing/request.js',
    ['${ticket.ledger}\\n${ticket.outlet}\\n${ticket.id}\\n', '${ticket.outlet}\\n'],
    ['`${item}:${version}\\n`', '`${item}\\n`'],
    ['.update(body)', ''],
  ),
  mutant(
    'a repeat is built anew',
    'pushing/engine.js',
    ["if (!('repeat' in begun))", 'if (true)'],
    ['this.ticket.repeat ? new Uint8Array() : ', ''],
  ),
  // Beyond what the simulation looks at
  elsewhere('test/conformance', 'no pause between probes', `${SQLITE}/giveback.js`, [
    'const seconds = Math.max(',
    'const seconds = 0 * Math.max(',
  ]),
  elsewhere('test/conformance', 'a full push sends only what differs', `${SQLITE}/place-all.js`, [
    'SET forced = 1, state',
    'SET forced = 0, state',
  ]),
  elsewhere('test/conformance', 'newly sold out goes last', `${SQLITE}/rows.js`, [
    'const urgency = soldOut ? 0 : 1;',
    'const urgency = 1;',
  ]),
];
