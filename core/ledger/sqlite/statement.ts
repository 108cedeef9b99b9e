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
  const members = statement.columns().map(({ name }, at) => `${JSON.stringify(name)}: cells[${at}]`);
  // The names are those of our own statements. A literal is what V8 makes and reads fastest.
  return new Function('cells', `return { ${members.join(', ')} };`) as (cells: Cells) => Row;
}
