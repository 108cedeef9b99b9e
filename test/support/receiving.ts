/** For tests of receivers: the test helper's `RED.httpNode` on a real port, and a ledger config node with a given ledger. */
import { createHmac } from 'node:crypto';
import http, { type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ledger } from '../../core/ledger/ledger';
import { onInput } from '../../runtime/on-input';
import type { NodeDef, RED, RedNode } from '../../runtime/red';
import { markVerified } from '../../runtime/requests';

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Serves the routes of the nodes that are loaded together with `factory`. */
export class NodeServer {
  private red: RED | null = null;
  private server: Server | null = null;

  readonly factory = (red: RED): void => {
    this.red = red;
  };

  async start(): Promise<void> {
    const server = http.createServer(this.red?.httpNode as unknown as RequestListener).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    this.server = server;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server!.address() as AddressInfo).port}`;
  }

  post(path: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', agent: false, headers: { 'Content-Type': 'application/json', ...headers } };
      const req = http.request(this.url + path, options, async (res) => {
        const chunks: Buffer[] = [];
        for await (const chunk of res) chunks.push(chunk as Buffer);
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks).toString() });
      });
      req.on('error', reject);
      req.end(body);
    });
  }
}

/** Registers `shelfwire-ledger` as a config node that gives this ledger. */
export function ledgerNodeOf(open: () => Promise<Ledger>): (red: RED) => void {
  return (red) => {
    function LedgerConfig(this: RedNode, def: NodeDef): void {
      red.nodes.createNode(this, def);
      Object.assign(this, { open, current: () => null, timeZone: 'UTC', publicUrl: '', trustProxy: false });
    }
    red.nodes.registerType('shelfwire-ledger', LedgerConfig);
  };
}

/** Registers `test-verify`: marks a request as proven when its header `X-Proof` is the HMAC of the exact bytes. */
export function verifyNode(secret: string): (red: RED) => void {
  return (red) => {
    function Verify(this: RedNode, def: NodeDef): void {
      red.nodes.createNode(this, def);
      onInput(this, (msg, send) => {
        const proof = msg.req?.headers['x-proof'];
        if (msg.rawBody && proof === proofOf(secret, msg.rawBody)) markVerified(msg, { by: 'test', key: 'current' });
        send(msg);
      });
    }
    red.nodes.registerType('test-verify', Verify);
  };
}

export const proofOf = (secret: string, bytes: string | Buffer): string =>
  createHmac('sha256', secret).update(bytes).digest('hex');
