/**
 * A platform at the level of bytes: reads each request as it comes over TCP (or TLS) and does with the connection what
 * the test says, also what no HTTP server would ever do.
 */
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import tls from 'node:tls';

export interface ReceivedRequest {
  line: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

export interface Misbehaviour {
  /** The connection stands, nothing was read yet. @returns true when the rest is nobody's business any more */
  connected?(socket: Socket): boolean;
  /** The head of a request was read. @returns true when the rest is nobody's business any more */
  head?(socket: Socket): boolean;
  /** A request was read wholly. */
  request?(socket: Socket, received: ReceivedRequest, ofConnection: number): void;
}

export interface FaultServerOptions {
  host?: string;
  tls?: { key: string; cert: string };
}

export class FaultServer {
  /** Requests that arrived wholly. */
  readonly requests: ReceivedRequest[] = [];
  connections = 0;
  readonly open = new Set<Socket>();
  behaviour: Misbehaviour = WELL;
  private readonly server: Server;
  private readonly secure: boolean;

  private constructor(options: FaultServerOptions) {
    this.secure = options.tls !== undefined;
    this.server = options.tls
      ? tls.createServer(options.tls, (socket) => this.serve(socket))
      : net.createServer((socket) => this.serve(socket));
    // A client that turns away from the certificate.
    this.server.on('tlsClientError', () => {});
  }

  static async start(options: FaultServerOptions = {}): Promise<FaultServer> {
    const server = new FaultServer(options);
    await new Promise<void>((resolve, reject) => {
      server.server.once('error', reject);
      server.server.listen(0, options.host ?? '127.0.0.1', resolve);
    });
    return server;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(host = '127.0.0.1'): string {
    return `http${this.secure ? 's' : ''}://${host}:${this.port}/v1/inventory/1`;
  }

  /** Shows another certificate from now on. */
  present(cert: string, key: string): void {
    (this.server as tls.Server).setSecureContext({ cert, key });
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.connections += 1;
    this.open.add(socket);
    socket.on('close', () => this.open.delete(socket));
    // What a client does to a connection is what the tests are about.
    socket.on('error', () => {});
    if (this.behaviour.connected?.(socket)) return;
    let bytes = Buffer.alloc(0);
    let headTold = false;
    let count = 0;
    const read = (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      for (;;) {
        const end = bytes.indexOf('\r\n\r\n');
        if (end < 0) return;
        const request = headOf(bytes.subarray(0, end).toString('latin1'));
        if (!headTold && this.behaviour.head?.(socket)) {
          socket.off('data', read);
          return;
        }
        headTold = true;
        const length = end + 4 + Number(request.headers['content-length'] ?? 0);
        if (bytes.length < length) return;
        const received = { ...request, body: bytes.subarray(end + 4, length).toString() };
        bytes = bytes.subarray(length);
        headTold = false;
        count += 1;
        this.requests.push(received);
        (this.behaviour.request ?? answerWell)(socket, received, count);
      }
    };
    socket.on('data', read);
  }
}

export function respond(socket: Socket, status: string, headers: Record<string, string>, body: string | Buffer): void {
  const head = Object.entries({ 'Content-Length': String(Buffer.byteLength(body)), ...headers });
  socket.write(`HTTP/1.1 ${status}\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  socket.write(body);
}

export function answerWell(socket: Socket): void {
  respond(socket, '200 OK', { 'Content-Type': 'application/json' }, '{"message":"taken"}');
}

export const WELL: Misbehaviour = { request: answerWell };

function headOf(text: string): Omit<ReceivedRequest, 'body'> {
  const [line = '', ...rest] = text.split('\r\n');
  const headers = rest.map((each) => {
    const colon = each.indexOf(':');
    return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()];
  });
  return { line, headers: Object.fromEntries(headers) };
}
