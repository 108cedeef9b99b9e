/** The first 100 bytes of a ledger file, put right where only they were overwritten: they hold nothing that is not known. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

const HEADER = 100;
const PAGE = 4096;
const MAGIC = 'SQLite format 3\0';
/** The table of tables follows the header: a page of a table's tree. */
const TREE_PAGES = new Set([0x05, 0x0d]);

/** Changes the file only when its header is damaged and what follows it is not. https://sqlite.org/fileformat2.html, 1.3 */
export function mendHeader(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    const bytes = Buffer.alloc(HEADER + 1);
    readSync(handle, bytes, 0, bytes.length, 0);
    const sound = bytes.toString('latin1', 0, 16) === MAGIC && bytes.readUInt16BE(16) === PAGE;
    if (sound || !TREE_PAGES.has(bytes[HEADER]!)) return;
    const header = Buffer.alloc(HEADER);
    header.write(MAGIC, 'latin1');
    header.writeUInt16BE(PAGE, 16);
    // Log mode; the fractions that every file has.
    header.set([2, 2, 0, 64, 32, 32], 18);
    header.writeUInt32BE(Math.floor(fstatSync(handle).size / PAGE), 28);
    for (const [at, value] of [
      [40, 1],
      [44, 4],
      [56, 1],
      [60, 1],
    ] as const)
      header.writeUInt32BE(value, at);
    writeSync(handle, header, 0, HEADER, 0);
  } finally {
    closeSync(handle);
  }
}
