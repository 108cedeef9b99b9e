/** aedes by itself, in memory, everybody let in: it acknowledges what it is given (QoS 1) and nobody reads it. */
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { serve } from './serve';

let published = 0;

serve({
  async listen(): Promise<number> {
    const aedes = await Aedes.createBroker();
    aedes.on('publish', (_packet, client) => {
      if (client) published += 1;
    });
    const server = createServer((socket) => aedes.handle(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as { port: number }).port;
  },
  published: () => published,
});
