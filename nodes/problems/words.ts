/** A problem in words, the same that the sidebar shows: what happened to whom, and the next step. */
import type { Problem } from '../../runtime/problems';
import type { RED } from '../../runtime/red';

const CATALOGUE = '@shelfwire/node-red-shelfwire/shelfwire:';

export function inWords(red: RED, problem: Problem): { message: string; step: string } {
  const { kind, count, outlet_name, store_id, sender, code } = problem;
  const key = `problem.code.${code}`;
  const coded = code === null ? '' : red._(CATALOGUE + key);
  const title = red._(`${CATALOGUE}problem.${kind}.title`, {
    count: String(count),
    outlet: outlet_name ?? '',
    store: store_id ?? '',
    sender: sender ?? '',
    // A code without words of its own is shown as it is.
    code: coded.endsWith(key) ? code : coded,
  });
  // Of a clock, the message is how many seconds it is wrong: a number, which the title has said in words.
  const detail = problem.message === null || kind === 'clock' ? '' : `: ${problem.message}`;
  return { message: title + detail, step: red._(`${CATALOGUE}problem.${kind}.step`) };
}
