/** The limit: a server by itself that reads a webhook, proves its signature and parses it, and keeps nothing. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from './serve';

const ANSWER = Buffer.from('{"message":"Received."}');

function answer(res: ServerResponse, status: number): void {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': ANSWER.length }).end(ANSWER);
}

function take(secret: string, req: IncomingMessage, res: ServerResponse, body: Buffer): void {
  const expected = createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(String(req.headers['x-signature']), 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) answer(res, 401);
  else {
    const event = JSON.parse(body.toString()) as { productId?: unknown };
    answer(res, typeof event.productId === 'string' ? 200 : 422);
  }
}

serve({
  async listen(secret: string): Promise<number> {
    const server = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => take(secret, req, res, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  },
});
