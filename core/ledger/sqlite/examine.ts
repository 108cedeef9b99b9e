/** The examination of a ledger that was closed whole: while it is in use, since it reads the whole file. */
import { lookAt } from './look';

/** Not while everything starts. */
const AFTER_MS = 10_000;
const PATIENCE_MS = 3_600_000;

/** @param damaged told when it is. @returns a function that ends this */
export function examineLater(file: string, damaged: () => void, after = AFTER_MS): () => void {
  const ending = new AbortController();
  const timer = setTimeout(() => {
    void lookAt(file, PATIENCE_MS, ending.signal).then(({ state }) => {
      if (state === 'damaged' && !ending.signal.aborted) damaged();
    });
  }, after);
  return () => {
    clearTimeout(timer);
    ending.abort();
  };
}
