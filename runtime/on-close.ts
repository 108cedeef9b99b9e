/**
 * The only place that registers a close handler: Node-RED looks at the callback's declared arity and gives up after
 * 15 s, so the handler has literally two parameters, is bounded, and reports a failure instead of throwing it.
 */
import type { RedNode } from './red';

const LIMIT_MS = 12_000;

export function onClose(node: RedNode, handler: (removed: boolean) => Promise<void> | void): void {
  node.on('close', (removed: boolean, done: () => void) => {
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      done();
    };
    const timer = setTimeout(end, LIMIT_MS);
    void (async () => {
      try {
        await handler(removed);
      } catch (thrown) {
        node.error(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
      end();
    })();
  });
}
