/** What every simulated service has in common: listening, reading bodies, answering, and the mark that it is simulated. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export const SIMULATED_HEADER = 'X-Shelfwire-Simulated';

export interface RunningServer {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

export async function listen(
  handle: (req: IncomingMessage, res: ServerResponse) => Promise<void>,
  options: { host?: string; port?: number } = {},
): Promise<RunningServer> {
  const server: Server = createServer((req, res) => {
    res.setHeader(SIMULATED_HEADER, '1');
    handle(req, res).catch((thrown: unknown) => {
      if (res.headersSent || res.destroyed) res.destroy();
      else answer(res, 500, { message: thrown instanceof Error ? thrown.message : String(thrown) });
    });
  });
  // Idle connections may be used again for as long as a client likes: that is not what is tested here.
  server.keepAliveTimeout = 60_000;
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function readBody(req: IncomingMessage, limit = 64 * 1024 * 1024): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of req) {
    size += (piece as Buffer).length;
    if (size > limit) throw new Error(`more than ${limit} bytes`);
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

export function answer(
  res: ServerResponse,
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  res.writeHead(status, { ...(text ? { 'Content-Type': 'application/json' } : {}), ...headers });
  res.end(text);
}
