/**
 * Keeps pages of other sites out of the editor. Node-RED does not ask where a request comes from, and without a password
 * any page that the operator visits could deploy flows (a form needs no permission of the browser), read flows under a
 * name that leads here (DNS rebinding) or listen to the debug messages.
 */
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isLoopbackUrl } from '../../core/pushing/addresses';
import { isForeign } from '../http/origin';

type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'cf-connecting-ip', 'via'];
const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'Content-Security-Policy': "frame-ancestors 'self'; object-src 'none'; base-uri 'self'",
  'Referrer-Policy': 'same-origin',
};

export class EditorGuard {
  private readonly open: boolean;

  /** @param open nobody has to log in: only requests of this machine, under its own names, are answered */
  constructor(open: boolean) {
    this.open = open;
  }

  /** For `httpAdminMiddleware`. */
  readonly middleware: Middleware = (req, res, next) => {
    for (const [name, value] of Object.entries(HEADERS)) res.setHeader(name, value);
    res.removeHeader('X-Powered-By');
    const why = this.refusal(req);
    if (why === null) {
      next();
      return;
    }
    res.writeHead(403, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
    res.end(JSON.stringify({ code: 'foreign_origin', message: why }));
  };

  /** The editor's connection for news is not asked by any middleware. */
  watch(server: Server, path: string): void {
    server.prependListener('upgrade', (req: IncomingMessage, socket: Duplex) => {
      if (!req.url?.toLowerCase().startsWith(path)) return;
      if (isForeign(req.headers) || !this.isNear(req.headers)) socket.destroy();
    });
  }

  private refusal(req: IncomingMessage): string | null {
    if (!this.isNear(req.headers))
      return 'The editor has no password, so it answers this machine only, as http://localhost. Set SHELFWIRE_ADMIN_PASSWORD to reach it from elsewhere.';
    if (!READING.has(req.method ?? '') && isForeign(req.headers))
      return 'This request came from a page of another site. Nothing was changed.';
    return null;
  }

  /** A name that leads here is not ours for that, and what a tunnel or proxy hands on is from elsewhere. */
  private isNear(headers: IncomingHttpHeaders): boolean {
    if (!this.open) return true;
    if (FORWARDED.some((name) => headers[name] !== undefined)) return false;
    return URL.canParse(`http://${headers.host}`) && isLoopbackUrl(`http://${headers.host}`);
  }
}
