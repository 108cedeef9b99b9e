/**
 * SKUs that a spreadsheet would run. No shop has an article of such a name, but whoever may send stock can send one, and
 * the Export Feed is a file that people open. It carries them behind an apostrophe, and a feed that comes back loses it
 * again: exact there and back, and nothing runs. Every other text, also `-12` and `+97150`, stays as it is.
 */

/** What begins like a formula: `=` always; `+`, `-` and `@` where something that does more than count follows. */
const RUNS = /^'*\s*(?:[=＝]|[+\-@＋－＠].*[([{|!])/s;

export function guarded(text: string): string {
  return RUNS.test(text) ? `'${text}` : text;
}

/** The text that `guarded` was given. */
export function unguarded(text: string): string {
  return text.startsWith("'") && RUNS.test(text) ? text.slice(1) : text;
}
