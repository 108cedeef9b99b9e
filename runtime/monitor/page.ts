/**
 * The monitor page itself: three files without any data, so nobody has to be logged in to load them. What they may do is
 * said in their headers: no script of others, no other host.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../../editor/monitor');

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

export const PAGE_FILES: readonly { path: string; file: string; type: string }[] = [
  { path: '/shelfwire/monitor', file: 'monitor.html', type: 'text/html' },
  { path: '/shelfwire/monitor/monitor.js', file: 'monitor.js', type: 'text/javascript' },
  { path: '/shelfwire/monitor/monitor.css', file: 'monitor.css', type: 'text/css' },
];

/** @returns a handler that answers with the file */
export function pageFile({ file, type }: (typeof PAGE_FILES)[number]) {
  const bytes = readFileSync(join(FOLDER, file));
  return (req: IncomingMessage, res: ServerResponse): void => {
    res.removeHeader('X-Powered-By');
    // The page names its files beside itself: below a slash they would not be found.
    if (/\/monitor\/(?:\?|$)/.test(req.url ?? '')) {
      res.writeHead(302, { Location: '../monitor', 'Cache-Control': 'no-store' });
      res.end();
      return;
    }
    res.writeHead(200, {
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Length': bytes.length,
      'Cache-Control': 'no-store',
      'Content-Security-Policy': POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    res.end(bytes);
  };
}
