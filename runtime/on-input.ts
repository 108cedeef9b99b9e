/**
 * The only place that turns an async handler into send/done. An async input handler that throws would end the whole
 * Node-RED process, and each input must end in exactly one `done`: expected failures leave by an output, only bugs and
 * broken configuration are `done(err)`, which a Catch node sees with its stable `code`.
 */
import { toShelfwireError } from '../core/errors';
import type { Message, RedNode, Send } from './red';

export function onInput(node: RedNode, handler: (msg: Message, send: Send) => Promise<void> | void): void {
  node.on('input', (msg, send, done) => {
    const failed = (thrown: unknown) => done(toShelfwireError(thrown));
    let handled: Promise<void> | void;
    try {
      handled = handler(msg, send);
    } catch (thrown) {
      failed(thrown);
      return;
    }
    if (handled) void handled.then(() => done(), failed);
    else done();
  });
}
