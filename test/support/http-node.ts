/** Serves the app of RED.httpNode, which node-red-node-test-helper mounts nowhere. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RED } from '../../runtime/red';

export interface ServedHttpNode {
  /** To be loaded before the nodes under test. */
  readonly set: (red: RED) => void;
  /** Call after loading: `http://127.0.0.1:<port>`. */
  start(): Promise<string>;
  stop(): Promise<void>;
}

export function httpNode(): ServedHttpNode {
  let app: ((...args: never[]) => void) | null = null;
  let server: Server | null = null;
  return {
    set: (red) => {
      app = red.httpNode as unknown as (...args: never[]) => void;
    },
    start: async () => {
      if (!app) throw new Error('load the set first');
      const running = createServer(app as never);
      server = running;
      await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(running.address() as AddressInfo).port}`;
    },
    stop: async () => {
      const running = server;
      server = null;
      if (!running) return;
      running.closeAllConnections();
      await new Promise((resolve) => running.close(resolve));
    },
  };
}
