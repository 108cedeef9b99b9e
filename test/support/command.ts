/** What the long commands share: numbers from the command line, and how a command ends. */

/** `--name 5` is 5. */
export function numberOption(name: string, usual: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
}

/** Ends with the code that the work resolves to; with 1 and the reason when it throws. */
export function runCommand(work: () => Promise<number>): void {
  work().then(
    (code) => {
      process.exitCode = code;
    },
    (thrown: unknown) => {
      console.error(thrown instanceof Error ? thrown.stack : thrown);
      process.exitCode = 1;
    },
  );
}
