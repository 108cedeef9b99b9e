/**
 * The admin side: what the editor's sidebar and scripts ask for. Each route stands beside its permission; a change from a
 * page of another site is refused by its Origin (a request without one is not).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { InvalidInputError, ShelfwireError, toShelfwireError } from '../../core/errors';
import { debugLog } from '../debugging';
import { isForeign } from '../http/origin';
import { setSafeHeaders } from '../http/replies';
import { isLink, linkToken } from '../monitor/links';
import { PAGE_FILES, pageFile } from '../monitor/page';
import type { ExpressLike, RED } from '../red';
import { shared } from '../shared';
import * as devices from './devices';
import * as dialogs from './dialogs';
import * as incoming from './incoming';
import * as items from './items';
import { metrics } from './metrics';
import * as monitor from './monitor';
import { tellNews, tellProblems } from './news';
import * as settings from './outlet-settings';
import * as outlets from './outlets';
import * as pushes from './pushes';
import type { AdminRoute, Streamed } from './types';
import { requireJson, type Unreadable, unreadable } from './unreadable';

export const ADMIN_ROUTES: readonly AdminRoute[] = [
  { method: 'get', path: '/shelfwire/outlets', permission: 'shelfwire.read', handle: outlets.list },
  { method: 'post', path: '/shelfwire/outlets/:id/test', permission: 'shelfwire.write', handle: outlets.test },
  { method: 'post', path: '/shelfwire/outlets/:id/push', permission: 'shelfwire.write', handle: outlets.push },
  { method: 'post', path: '/shelfwire/outlets/:id/retry', permission: 'shelfwire.write', handle: outlets.retry },
  { method: 'post', path: '/shelfwire/outlets/:id/pause', permission: 'shelfwire.write', handle: outlets.pause },
  { method: 'post', path: '/shelfwire/outlets/:id/resume', permission: 'shelfwire.write', handle: outlets.resume },
  {
    method: 'get',
    path: '/shelfwire/outlets/:id/estimate',
    permission: 'shelfwire.read',
    handle: outlets.estimate,
  },
  { method: 'get', path: '/shelfwire/outlets/:id/debug', permission: 'shelfwire.read', handle: outlets.debugged },
  { method: 'post', path: '/shelfwire/outlets/:id/debug', permission: 'shelfwire.write', handle: outlets.debug },
  { method: 'post', path: '/shelfwire/outlets', permission: 'shelfwire.write', handle: settings.add },
  { method: 'post', path: '/shelfwire/outlets/:id/settings', permission: 'shelfwire.write', handle: settings.change },
  { method: 'post', path: '/shelfwire/outlets/:id/key', permission: 'shelfwire.write', handle: settings.setKey },
  { method: 'post', path: '/shelfwire/outlets/:id/close', permission: 'shelfwire.write', handle: settings.close },
  { method: 'post', path: '/shelfwire/outlets/:id/reopen', permission: 'shelfwire.write', handle: settings.reopen },
  { method: 'post', path: '/shelfwire/outlets/:id/reset', permission: 'shelfwire.write', handle: settings.reset },
  { method: 'get', path: '/shelfwire/accounts', permission: 'shelfwire.read', handle: settings.accounts },
  { method: 'get', path: '/shelfwire/changes', permission: 'shelfwire.read', handle: settings.changes },
  { method: 'get', path: '/shelfwire/pushes', permission: 'shelfwire.read', handle: pushes.list },
  { method: 'get', path: '/shelfwire/pushes/:id', permission: 'shelfwire.read', handle: pushes.show },
  { method: 'post', path: '/shelfwire/pushes/:id/retry', permission: 'shelfwire.write', handle: pushes.retry },
  { method: 'get', path: '/shelfwire/pushes/:id/items.csv', permission: 'shelfwire.read', handle: pushes.csv },
  { method: 'get', path: '/shelfwire/requests/:chunk/curl', permission: 'shelfwire.read', handle: pushes.curl },
  { method: 'get', path: '/shelfwire/search', permission: 'shelfwire.read', handle: items.search },
  {
    method: 'post',
    path: '/shelfwire/items/:store_id/:sku/send',
    permission: 'shelfwire.write',
    handle: items.sendAgain,
  },
  { method: 'get', path: '/shelfwire/items', permission: 'shelfwire.read', handle: items.list },
  { method: 'get', path: '/shelfwire/items/:store_id', permission: 'shelfwire.read', handle: items.story },
  { method: 'get', path: '/shelfwire/items/:store_id/:sku', permission: 'shelfwire.read', handle: items.story },
  { method: 'get', path: '/shelfwire/events', permission: 'shelfwire.read', handle: incoming.events },
  { method: 'get', path: '/shelfwire/senders', permission: 'shelfwire.read', handle: incoming.senders },
  { method: 'get', path: '/shelfwire/problems', permission: 'shelfwire.read', handle: incoming.problems },
  { method: 'get', path: '/shelfwire/refused', permission: 'shelfwire.read', handle: incoming.refused },
  { method: 'post', path: '/shelfwire/refused/:id/replay', permission: 'shelfwire.write', handle: incoming.replay },
  { method: 'post', path: '/shelfwire/codes', permission: 'shelfwire.write', handle: incoming.link },
  { method: 'get', path: '/shelfwire/feed/:store_id.csv', permission: 'shelfwire.read', handle: items.feed },
  { method: 'get', path: '/shelfwire/devices', permission: 'shelfwire.read', handle: devices.list },
  { method: 'post', path: '/shelfwire/devices', permission: 'shelfwire.write', handle: devices.add },
  {
    method: 'post',
    path: '/shelfwire/devices/:broker/:account/password',
    permission: 'shelfwire.write',
    handle: devices.password,
  },
  {
    method: 'post',
    path: '/shelfwire/devices/:broker/:account/disable',
    permission: 'shelfwire.write',
    handle: devices.disable,
  },
  {
    method: 'post',
    path: '/shelfwire/devices/:broker/:account/enable',
    permission: 'shelfwire.write',
    handle: devices.enable,
  },
  {
    method: 'post',
    path: '/shelfwire/devices/:broker/:account/remove',
    permission: 'shelfwire.write',
    handle: devices.remove,
  },
  // Stored secrets and variables meet settings as they are typed: only for those who could deploy them.
  {
    method: 'post',
    path: '/shelfwire/verify',
    permission: 'shelfwire.write',
    also: 'flows.write',
    handle: dialogs.verify,
  },
  { method: 'get', path: '/shelfwire/address', permission: 'shelfwire.read', handle: dialogs.address },
  {
    method: 'post',
    path: '/shelfwire/test/:type',
    permission: 'shelfwire.write',
    also: 'flows.write',
    handle: dialogs.test,
  },
  {
    method: 'get',
    path: '/shelfwire/monitor/data',
    permission: 'shelfwire.read',
    link: true,
    handle: monitor.data,
  },
  { method: 'get', path: '/shelfwire/monitor/links', permission: 'shelfwire.read', handle: monitor.links },
  { method: 'post', path: '/shelfwire/monitor/links', permission: 'shelfwire.write', handle: monitor.make },
  {
    method: 'post',
    path: '/shelfwire/monitor/links/:id/revoke',
    permission: 'shelfwire.write',
    handle: monitor.revoke,
  },
  { method: 'get', path: '/shelfwire/metrics', permission: 'shelfwire.read', handle: metrics },
];

type Req = IncomingMessage & {
  params: Record<string, string>;
  query: Record<string, string | undefined>;
  body?: unknown;
  user?: { username?: string };
};

/** Called by every ledger set that loads; the routes are added once for each admin app. */
export function registerAdminRoutes(red: RED): void {
  const known = shared('admin-apps', () => new WeakSet<object>());
  if (!red.httpAdmin || known.has(red.httpAdmin)) return;
  known.add(red.httpAdmin);
  tellProblems(red);
  debugLog().changed = () => tellNews(red, ['debug']);
  for (const file of PAGE_FILES) red.httpAdmin.get(file.path, pageFile(file));
  for (const route of ADMIN_ROUTES) {
    red.httpAdmin[route.method](route.path, allow(red, route), (req: Req, res: ServerResponse) => {
      void serve(route, req, res);
    });
  }
  // Bodies are read by the app around this one.
  const around = (red.httpAdmin.parent as ExpressLike | undefined) ?? red.httpAdmin;
  around.use('/shelfwire', (thrown: unknown, _req: Req, res: ServerResponse, _next: () => void) => {
    const why = unreadable(thrown);
    if (!why) red.log.error(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
    refuse(res, why ?? { status: 500, code: 'internal', message: INTERNAL });
  });
}

const INTERNAL = 'Something went wrong inside; see the log of Node-RED.';

function refuse(res: ServerResponse, { status, code, message }: Unreadable): void {
  json(res, status, { code, message });
}

/** Who may use the route: by the login, or by a link where that is enough. */
function allow(red: RED, { permission, also, link }: AdminRoute) {
  const byLogin = red.auth.needsPermission(also ? [permission, also] : permission) as (
    req: Req,
    res: ServerResponse,
    next: () => void,
  ) => void;
  if (!link) return byLogin;
  return (req: Req, res: ServerResponse, next: () => void): void => {
    const token = linkToken(req.headers.authorization);
    if (token === null) byLogin(req, res, next);
    else void passLink(token, res, next);
  };
}

async function passLink(token: string, res: ServerResponse, next: () => void): Promise<void> {
  try {
    if (await isLink(token)) {
      next();
      return;
    }
    json(res, 401, { code: 'unknown_link', message: 'This link was revoked, or it is not whole.' });
  } catch (thrown) {
    const error = toShelfwireError(thrown);
    json(res, 503, { code: error.code, message: error.message });
  }
}

async function serve(route: AdminRoute, req: Req, res: ServerResponse): Promise<void> {
  try {
    if (route.method === 'post') {
      refuseForeign(req);
      await requireJson(req);
    }
    const body = typeof req.body === 'object' && req.body !== null ? (req.body as Record<string, unknown>) : {};
    const answer = await route.handle({
      params: req.params,
      // `?a[b]=1` and `?a=1&a=2` make lists and objects: no route takes any.
      query: Object.fromEntries(Object.entries(req.query).filter(([, value]) => typeof value === 'string')),
      body,
      user: req.user?.username ?? 'editor',
    });
    if (isStreamed(answer)) await stream(res, answer);
    else json(res, 200, answer);
  } catch (thrown) {
    const error = toShelfwireError(thrown);
    if (res.headersSent) res.destroy();
    else
      json(res, statusOf(error), {
        code: error.code,
        message: error.code === 'internal' ? INTERNAL : error.message,
      });
  }
}

function refuseForeign(req: Req): void {
  if (isForeign(req.headers)) {
    throw new ShelfwireError('foreign_origin', 'This request came from a page of another site. Nothing was changed.');
  }
}

function statusOf(error: ShelfwireError): number {
  if (error.code === 'foreign_origin') return 403;
  if (error.code === 'wrong_type') return 415;
  if (error.code.startsWith('unknown_')) return 404;
  if (error instanceof InvalidInputError) return 422;
  return error.retryable ? 503 : error.code === 'internal' ? 500 : 422;
}

function json(res: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  setSafeHeaders(res);
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': bytes.length });
  res.end(bytes);
}

function isStreamed(answer: unknown): answer is Streamed {
  return typeof answer === 'object' && answer !== null && 'pieces' in answer;
}

async function stream(res: ServerResponse, { type, headers, pieces }: Streamed): Promise<void> {
  setSafeHeaders(res);
  res.writeHead(200, { 'Content-Type': type, ...headers });
  for await (const piece of pieces) {
    if (res.destroyed) return;
    if (!res.write(piece)) await new Promise((resolve) => res.once('drain', resolve).once('close', resolve));
  }
  res.end();
}
