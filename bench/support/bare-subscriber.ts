/** A bare `mqtt` client: acknowledges each message at once, stores nothing, only counts. */
import { connectAsync } from 'mqtt';
import { serve } from './serve';

let count = 0;

serve({
  async subscribe(port: number, topic: string) {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'bench-subscriber', clean: false });
    client.on('message', () => {
      count += 1;
    });
    await client.subscribeAsync(topic, { qos: 1 });
  },
  count: () => count,
});
