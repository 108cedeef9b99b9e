/**
 * A prepared statement. node:sqlite makes the names of the columns anew for every row that it gets one by one, and objects
 * that are slow to read; here rows come as lists, and each statement has a maker of objects of its own. Twice as fast
 * (bench/profiles/push.md); what comes out is the same.
 */
import type { SQLInputValue, StatementSync } from 'node:sqlite';

export type Row = Record<string, SQLInputValue>;
type Cells = SQLInputValue[];

export class Statement {
  private readonly statement: StatementSync;
  private readonly rowOf: (cells: Cells) => Row;

  constructor(statement: StatementSync) {
    this.statement = statement;
    this.rowOf = rowMaker(statement);
  }

  get(values: SQLInputValue[]): Row | undefined {
    const cells = this.statement.get(...values) as unknown as Cells | undefined;
    return cells && this.rowOf(cells);
  }

  all(values: SQLInputValue[]): Row[] {
    return (this.statement.all(...values) as unknown as Cells[]).map(this.rowOf);
  }

  /** @returns the row id of an insert */
  run(values: SQLInputValue[]): number {
    return Number(this.statement.run(...values).lastInsertRowid);
  }
}

/** Lists came with Node.js 22.16; before, rows are objects already. */
function rowMaker(statement: StatementSync): (cells: Cells) => Row {
  if (!('setReturnArrays' in statement)) return (row) => row as unknown as Row;
  statement.setReturnArrays(true);
  const names = statement.columns().map(({ name }) => name);
  // Copies of one object are made fast, and fast to read.
  const empty: Row = Object.fromEntries(names.map((name) => [name, null]));
  return (cells) => {
    const row = { ...empty };
    for (let at = 0; at < names.length; at++) row[names[at]!] = cells[at]!;
    return row;
  };
}
