/** The TCP or TLS port of the embedded broker: opens it, opens it again elsewhere, and keeps trying while it is taken. */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { BrokerProblem, LinkState } from './delivery';
import { cannotListen, tooManyConnections } from './problems';

export interface ListenAddress {
  host: string;
  /** 0 = any free one. */
  port: number;
  /** Key and certificate; null = plain TCP. */
  tls: TlsOptions | null;
}

export interface ListenerOptions {
  connection: (socket: Socket | TLSSocket) => void;
  /** Further ones are closed at once. */
  maxConnections: number;
  problem: (problem: BrokerProblem) => void;
  changed: () => void;
}

const RETRY_MS = 3_000;
const HANDSHAKE_MS = 10_000;
const PROBE_MS = 60_000;

export class Listener {
  state: LinkState = 'connecting';
  reason: string | null = null;
  private readonly options: ListenerOptions;
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;
  private address: ListenAddress | null = null;
  private retry: NodeJS.Timeout | null = null;

  constructor(options: ListenerOptions) {
    this.options = options;
  }

  get port(): number | null {
    const bound = this.server?.address();
    return typeof bound === 'object' && bound !== null ? bound.port : null;
  }

  /** Resolves when the port is open, or is known to be taken (then it is tried again every few seconds). */
  async listen(address: ListenAddress): Promise<void> {
    if (this.server?.listening && this.address && same(this.address, address)) return;
    await this.stop();
    // Closed meanwhile: nobody would close what is opened now.
    if (this.state === 'closed') return;
    this.address = address;
    await this.open(address);
  }

  /** For good: whoever is about to listen does not any more. */
  async close(): Promise<void> {
    this.show('closed', null);
    await this.stop();
  }

  private open(address: ListenAddress): Promise<void> {
    return new Promise((resolve) => {
      const server = this.makeServer(address);
      this.server = server;
      server.maxConnections = this.options.maxConnections;
      server.on('drop', () => this.options.problem(tooManyConnections(null)));
      server.once('error', (error: NodeJS.ErrnoException) => {
        if (this.server !== server) return resolve();
        this.failed(address, error);
        resolve();
      });
      server.listen(address.port, address.host, () => {
        // Stopped before it was open.
        if (this.server !== server) server.close();
        else this.show('up', null);
        resolve();
      });
    });
  }

  private makeServer({ tls }: ListenAddress): Server {
    if (!tls) return createServer({ noDelay: true }, (socket) => this.accept(socket));
    const server = createTlsServer({ ...tls, handshakeTimeout: HANDSHAKE_MS }, (socket) => this.accept(socket));
    // A failed handshake is the peer's affair; without a listener its socket would report an error to nobody.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    socket.setKeepAlive(true, PROBE_MS);
    socket.setNoDelay(true);
    this.options.connection(socket);
  }

  private failed(address: ListenAddress, error: NodeJS.ErrnoException): void {
    const where = `${address.host}:${address.port}`;
    const problem = cannotListen(where, error);
    this.show('down', problem.message);
    this.options.problem(problem);
    this.retry = setTimeout(() => {
      this.retry = null;
      void this.open(address);
    }, RETRY_MS);
  }

  private async stop(): Promise<void> {
    if (this.retry) clearTimeout(this.retry);
    this.retry = null;
    const { server } = this;
    this.server = null;
    if (!server) return;
    for (const socket of this.sockets) socket.destroy();
    if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  private show(state: LinkState, reason: string | null): void {
    this.state = state;
    this.reason = reason;
    this.options.changed();
  }
}

function same(a: ListenAddress, b: ListenAddress): boolean {
  const key = ({ host, port, tls }: ListenAddress) =>
    JSON.stringify([host, port, tls && [String(tls.key), String(tls.cert), String(tls.ca), String(tls.pfx)]]);
  return key(a) === key(b);
}
