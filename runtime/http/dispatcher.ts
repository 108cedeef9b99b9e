/**
 * Exact raw bytes at any admin root. With the editor at `/` Node-RED's admin app stands in front of everything and its
 * parsers consume bodies, so a middleware of ours moves to the top of the *root* app (as core's http in does for its raw
 * mode), reads the bodies of our routes and lets Express go on; a second one, on RED.httpNode and so behind
 * `httpNodeAuth`, hands the request to its node. The first runs before Express' init: only `req.url` and `res.end` are
 * there.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { arrivalTime } from '../../core/clock';
import type { ExpressLike, RED } from '../red';
import { shared } from '../shared';
import { ClientGone, checkType, contentEncoding, drain, overloaded, readBody } from './body';
import { InFlight } from './in-flight';
import { declineOffers } from './offers';
import { isEditors, type PathParams, pathnameOf } from './paths';
import { HttpProblem, replyOf, send } from './replies';
import { type Captured, type Route, Routes } from './routes';

type Next = (thrown?: unknown) => void;
type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => void;
interface Layer {
  handle?: unknown;
  route?: { methods: Record<string, boolean> };
  match?(path: string): boolean;
}
type App = ExpressLike & { parent?: App; _router?: { stack: Layer[] }; router?: { stack: Layer[] }; path(): string };

/** Seconds after which a sender should try again while nodes are being deployed. */
const DEPLOY_RETRY_S = 5;

export class Dispatcher {
  readonly routes = new Routes();
  readonly inFlight = new InFlight();
  private readonly captured = new WeakMap<IncomingMessage, Captured>();
  /** Requests that the first middleware has answered or is reading. */
  private readonly capturing = new WeakSet<IncomingMessage>();
  private readonly tops = new WeakSet<App>();
  private readonly ends = new WeakSet<App>();
  private readonly watched = new WeakSet<object>();
  /** Node-RED listens before its flows run: until then nobody knows which paths there will be. */
  private starting = false;

  /** Makes this Node-RED's apps pass requests to us; does nothing the second time. False: no HTTP for nodes at all. */
  install(red: RED): boolean {
    const app = red.httpNode as unknown as App | undefined;
    if (red.settings.httpNodeRoot === (false as unknown) || typeof app !== 'function') return false;
    this.watch(red);
    if (!this.ends.has(app)) {
      this.ends.add(app);
      (app as ExpressLike).use(this.end(app, red.settings.httpNodeMiddleware));
    }
    const root = rootOf(app);
    if (!this.tops.has(root)) {
      this.tops.add(root);
      const ownPath = (req: IncomingMessage) => {
        const path = pathnameOf(req.url);
        return isEditors(red, path) ? null : below(path, relativePath(app, root));
      };
      const top: Middleware = (req, res, next) => this.top(req, res, next, ownPath(req));
      declineOffers(red.server, (req) => this.routes.methods(ownPath(req) ?? '').length > 0);
      root.use(top);
      moveToTop(root, top);
      const last: Middleware = (req, res, next) => {
        const path = stackOf(root).at(-1)?.handle === last ? ownPath(req) : null;
        if (path === null || !this.nobody(req, res, path)) next();
      };
      root.use(last);
    }
    return true;
  }

  private watch(red: RED): void {
    if (this.watched.has(red.events)) return;
    this.watched.add(red.events);
    this.starting = !flowsAreThere(red);
    red.events.on('flows:started', () => {
      this.starting = false;
      this.routes.prune();
    });
  }

  /** Reads the body of a request that is ours; everything else goes on untouched. */
  private top(req: IncomingMessage, res: ServerResponse, next: Next, path: string | null): void {
    let found: ReturnType<Routes['find']> = null;
    try {
      if (path !== null && !this.capturing.has(req)) found = this.routes.find(req.method, path);
    } catch (thrown) {
      refuse(req, res, thrown);
      return;
    }
    if (found) {
      this.capturing.add(req);
      void this.capture(req, res, found.route, found.params, next);
    } else next();
  }

  private async capture(
    req: IncomingMessage,
    res: ServerResponse,
    route: Route,
    params: PathParams,
    next: Next,
  ): Promise<void> {
    const arrivedAt = arrivalTime();
    const lease = route.handle ? this.inFlight.open() : null;
    if (!lease) {
      refuse(req, res, route.handle ? overloaded() : unavailable(route));
      return;
    }
    // A client that leaves early gives its room back; once a node has the request, the node does.
    res.once('close', () => {
      if (!this.captured.get(req)?.handed) lease.release();
    });
    res.once('finish', lease.release);
    try {
      if (route.types.length > 0) checkType(req, route.types);
      contentEncoding(req);
      const rawBody = await readBody(req, { limit: route.maxBody, lease });
      this.captured.set(req, { route, params, rawBody, arrivedAt, lease, handed: false });
      // Parsers between here and our second middleware leave the request alone.
      Object.assign(req, { rawBody, body: rawBody, _body: true, skipRawBodyParser: true });
    } catch (thrown) {
      lease.release();
      if (thrown instanceof HttpProblem && thrown.code === 'body_already_read') route.onProblem(thrown.message);
      if (!(thrown instanceof ClientGone)) refuse(req, res, thrown);
      return;
    }
    try {
      next();
    } catch (thrown) {
      refuse(req, res, thrown);
    }
  }

  private end(app: App, middleware: unknown): Middleware {
    const own = asMiddlewares(middleware);
    const arrived: Middleware = (req, res, next) => {
      const captured = this.captured.get(req);
      const step = (index: number): void => {
        const before = own[index];
        if (before) before(req, res, (thrown) => (thrown ? fail(res, thrown) : step(index + 1)));
        else this.hand(captured!, req, res);
      };
      if (captured) step(0);
      else this.unknown(app, req, res, next);
    };
    // When the root app could not be reached, this is the first that sees the request.
    return (req, res, next) => this.top(req, res, () => arrived(req, res, next), pathnameOf(req.url));
  }

  private hand(captured: Captured, req: IncomingMessage, res: ServerResponse): void {
    const { route, params } = captured;
    Object.assign(req, { params });
    captured.handed = route.handle !== null;
    if (route.handle) route.handle(req, res, captured);
    // Its node was closed while the body was coming in.
    else refuse(req, res, unavailable(route));
  }

  /** Not one of ours: other nodes' routes go on; ours with another method, and everything before the start, is told so. */
  private unknown(app: App, req: IncomingMessage, res: ServerResponse, next: Next): void {
    const pathname = pathnameOf(req.url);
    const methods = req.method === 'OPTIONS' ? [] : this.routes.methods(pathname);
    if (this.starting && req.method !== 'GET' && req.method !== 'HEAD') {
      refuse(req, res, new HttpProblem(503, 'starting', 'Node-RED is starting. Send it again.', DEPLOY_RETRY_S));
    } else if (methods.length > 0 && !coreHas(app, req.method, pathname)) {
      res.setHeader('Allow', methods.join(', '));
      refuse(req, res, new HttpProblem(405, 'wrong_method', `This address takes ${methods.join(', ')} only.`));
    } else next();
  }

  /**
   * Nobody else had an answer: as JSON, where senders look for one. While the flows start, whoever asks comes too early.
   * @returns whether it was answered
   */
  private nobody(req: IncomingMessage, res: ServerResponse, path: string): boolean {
    if (this.starting)
      refuse(req, res, new HttpProblem(503, 'starting', 'Node-RED is starting. Send it again.', DEPLOY_RETRY_S));
    else if (this.routes.isNear(path))
      refuse(
        req,
        res,
        new HttpProblem(404, 'no_such_address', 'Nothing receives at this address. Check it for typing errors.'),
      );
    else return false;
    return true;
  }
}

export function dispatcher(): Dispatcher {
  return shared('http-dispatcher', () => new Dispatcher());
}

function refuse(req: IncomingMessage, res: ServerResponse, thrown: unknown): void {
  send(res, replyOf(thrown), (end) => drain(req, end));
}

/** A middleware of the operator's settings failed: its status counts, its text stays inside. */
function fail(res: ServerResponse, thrown: unknown): void {
  const status = Number((thrown as { status?: unknown }).status);
  const known = status >= 400 && status < 500;
  send(res, known ? { status, body: { message: 'The request was refused by httpNodeMiddleware.' } } : replyOf(thrown));
}

function unavailable(route: Route): HttpProblem {
  const message = route.why ?? 'This address is being deployed.';
  return new HttpProblem(503, 'unavailable', `${message} Nothing was stored; send it again.`, DEPLOY_RETRY_S);
}

function rootOf(app: App): App {
  return app.parent ? rootOf(app.parent) : app;
}

/** Where `app` is mounted, seen from `root`; '' for the root itself. */
function relativePath(app: App, root: App): string {
  return app === root ? '' : app.path().slice(root.path().length).replace(/\/+$/, '');
}

/** The part of the path after the prefix, or null when it is not below it. */
function below(path: string, prefix: string): string | null {
  return path.toLowerCase().startsWith(prefix.toLowerCase()) ? path.slice(prefix.length) : null;
}

function stackOf(app: App): Layer[] {
  // Express 4 has `_router` (and throws at `router`), Express 5 has `router`.
  return (app._router ?? app.router)?.stack ?? [];
}

function moveToTop(root: App, middleware: Middleware): void {
  const stack = stackOf(root);
  const at = stack.findIndex((layer) => layer.handle === middleware);
  if (at > 0) stack.unshift(...stack.splice(at, 1));
}

/** True when core's http in (or anybody else) has a route for this on the same app. */
function coreHas(app: App, method: string | undefined, pathname: string): boolean {
  const name = (method ?? 'GET').toLowerCase();
  return stackOf(app).some(
    (layer) => layer.route && (layer.route.methods[name] || layer.route.methods._all) && layer.match?.(pathname),
  );
}

function asMiddlewares(value: unknown): Middleware[] {
  const list = Array.isArray(value) ? value.flat(5) : [value];
  return list.filter((one): one is Middleware => typeof one === 'function');
}

/** Before the flows are loaded, going through them throws. */
function flowsAreThere(red: RED): boolean {
  try {
    red.nodes.eachNode(() => {});
    return true;
  } catch {
    return false;
  }
}
