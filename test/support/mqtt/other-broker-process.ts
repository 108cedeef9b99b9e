/**
 * A broker that is not ours, in its own process: aedes as it comes. It is told by messages what to do: `restart` (every
 * connection ends and nobody is let in for a moment, what it keeps stays, as with a broker that has its state on disk),
 * `rules` (who may log in and read).
 */
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';

export interface Rules {
  /** Password that everybody must give; null = none. */
  password?: string | null;
  /** Filters that nobody may read. */
  forbidden?: string[];
}

export type Order = { order: 'restart'; pause: number } | { order: 'rules'; rules: Rules };

async function main(port: number): Promise<void> {
  let rules: Rules = {};
  const sockets = new Set<Socket>();
  const aedes = await Aedes.createBroker({
    authenticate: (_client, _username, password, done) => {
      if ((rules.password ?? null) === null || password?.toString() === rules.password) return done(null, true);
      done(Object.assign(new Error('refused'), { returnCode: 5 as const }), null);
    },
    authorizeSubscribe: (_client, subscription, done) => {
      done(null, rules.forbidden?.includes(subscription.topic) ? null : subscription);
    },
  });
  const listen = () =>
    new Promise<Server>((resolve) => {
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => sockets.delete(socket));
        aedes.handle(socket);
      });
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  let server = await listen();
  process.on('message', async (message: Order) => {
    if (message.order === 'rules') rules = message.rules;
    else {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await new Promise((resolve) => setTimeout(resolve, message.pause));
      server = await listen();
    }
    process.send!({ done: message.order });
  });
  // Whoever started it is gone.
  process.on('disconnect', () => process.exit());
  process.send!({ done: 'start' });
}

void main(Number(process.argv[2]));
