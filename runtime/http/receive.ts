/**
 * How a node receives over HTTP. `receive` opens a route for as long as the node lives (and answers 503 + Retry-After
 * while it is being deployed); its handler gets a HttpInput: the exact bytes, the decoded content, params and query, and
 * either hands stock events on (`deliver`: record stock answers) or answers by itself (`reply`).
 *
 * ```ts
 * receive(RED, node, {
 *   method: 'POST', path: '/webhook/shop', maxBody: 1_000_000, types: ['application/json'],
 *   wait: 20_000, unsigned: 'refuse', status,
 *   handler: (input) => input.deliver({ sender: 'shop', read: (bytes) => readShop(bytes) }),
 * });
 * ```
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigError, InvalidInputError } from '../../core/errors';
import { sumOf } from '../../core/ledger/sum';
import { runThrough, type Steps } from '../../core/steps';
import type { Refusal, StockEvent } from '../../core/stock/event';
import { onClose } from '../on-close';
import type { Message, RED, RedNode } from '../red';
import { InboundRequest, type Settlement, type Verification } from '../requests';
import { sendOn } from '../send-on';
import { shared } from '../shared';
import { inSlices } from '../slices';
import type { StatusLine } from '../status';
import { recordedReply } from './answers';
import { contentEncoding, decodeBody } from './body';
import { hideCredentials } from './credentials';
import { dispatcher } from './dispatcher';
import { Gate } from './gate';
import { isEditors, type PathParams, pathPattern } from './paths';
import { addressOf, RefusalLog } from './refusal-log';
import { type Reply, replyOf, send } from './replies';
import type { Captured, Down, Route } from './routes';

export interface ReceiveOptions {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/webhook/shop`, `/api/catalogue/:store_id`; below `httpNodeRoot`. */
  path: string;
  /** Bytes, as sent and as decoded; default 5 MB. */
  maxBody?: number;
  /** Media types that are taken; a request without one is taken too. Default: any. */
  types?: readonly string[];
  /** Milliseconds until a request that no record stock took is answered 503; default 20 s. */
  wait?: number;
  /** Whether record stock takes content that hmac verify has not proven; default `refuse`. */
  unsigned?: 'refuse' | 'allow';
  status?: StatusLine;
  handler(input: HttpInput): void | Promise<void>;
}

/** What a receiver made of a body. */
export interface ReadContent {
  events: StockEvent[];
  /** What could not be read as an event; positions are the sender's. */
  refusals: Refusal[];
  /** Position of each event in what was sent; default 0, 1, 2, … */
  indexes?: number[];
  /** Events that the node's settings leave out: answered 2xx, not recorded. */
  filtered?: number;
}

export interface Delivery {
  /** Scope of the event ids: `paradigm`, `mipos`, `catalogue`. */
  sender: string;
  /** @throws InvalidInputError when the whole body is unreadable: kept, and answered 400 (after who sent it is proven) */
  read(content: Buffer): Steps<ReadContent>;
  /** Set when the receiver itself has proven who sent it (a bearer token). */
  verified?: Verification;
  /** The sender's dialect of answers; default JSON with counts and errors. */
  answer?(settlement: Settlement, content: ReadContent & { malformed: boolean }): Reply;
}

export const DEFAULT_MAX_BODY = 5 * 1024 * 1024;
export const DEFAULT_WAIT_MS = 20_000;
/** Bytes that are read in well under a slice, whatever they are. */
const SMALL = 16 * 1024;
/** Bytes of large contents that may be read, or held as events, at once. */
const READING = 32 * 1024 * 1024;
const reading = () => shared('http-reading', () => new Gate(READING));
/** Messages on their way vanish when nodes close: what nobody has claimed by then is answered "send it again". */
const CLOSE_GRACE_MS = 1_000;

export class HttpInput {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The bytes on the wire, still compressed: what senders sign. */
  readonly rawBody: Buffer;
  readonly params: PathParams;
  private readonly captured: Captured;
  private readonly node: RedNode;
  private readonly options: ReceiveOptions;
  private readonly open: Set<InboundRequest>;
  /** Gives back the room that a large content took. */
  private leave: (() => void) | null = null;

  constructor(
    node: RedNode,
    options: ReceiveOptions,
    open: Set<InboundRequest>,
    req: IncomingMessage,
    res: ServerResponse,
    captured: Captured,
  ) {
    this.node = node;
    this.options = options;
    this.open = open;
    this.req = req;
    this.res = res;
    this.captured = captured;
    this.rawBody = captured.rawBody;
    this.params = captured.params;
  }

  /** When the request began: what it says was known by then, however long its body took. */
  get arrivedAt(): number {
    return this.captured.arrivedAt;
  }

  get query(): URLSearchParams {
    const url = this.req.url ?? '';
    const at = url.indexOf('?');
    return new URLSearchParams(at < 0 ? '' : url.slice(at));
  }

  header(name: string): string | undefined {
    const value = this.req.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** The content with its Content-Encoding undone. @throws HttpProblem 413, InvalidInputError `malformed_encoding` */
  content(): Promise<Buffer> {
    return decodeBody(this.rawBody, contentEncoding(this.req), {
      limit: this.captured.route.maxBody,
      lease: this.captured.lease,
    });
  }

  /** Answers, once, and gives the request's memory back. */
  reply(reply: Reply): void {
    send(this.res, reply);
    this.captured.lease.release();
    this.leave?.();
  }

  /** A message as core's http in makes it, with the exact bytes. */
  message(payload: unknown): Message {
    return {
      payload,
      req: this.req as NonNullable<Message['req']>,
      res: { _res: this.res },
      rawBody: this.rawBody,
    };
  }

  /** Reads the content and sends its events into the flow; record stock answers, or `wait` passes. */
  async deliver({ sender, read, verified, answer }: Delivery): Promise<ReadContent> {
    const content = await this.read(read);
    const contentType = this.header('content-type');
    const request = new InboundRequest({
      sender,
      raw: { bytes: this.rawBody, origin: this.captured.route.pattern.text, ...(contentType ? { contentType } : {}) },
      refusals: content.refusals,
      malformed: content.malformed,
      indexes: content.indexes,
      unsigned: this.options.unsigned ?? 'refuse',
      simulated: this.header('x-shelfwire-simulated') === '1',
      wait: this.options.wait ?? DEFAULT_WAIT_MS,
      respond: (settlement) => this.reply(answer?.(settlement, content) ?? recordedReply(settlement, content)),
    });
    if (verified) request.verified = verified;
    this.open.add(request);
    request.onSettled(() => this.open.delete(request));
    this.answeredByFlow(request);
    const message = (events: StockEvent[], first: boolean): Message => {
      const whole = this.message(events);
      if (!first) delete whole.rawBody;
      return whole;
    };
    await sendOn(request, this.req, content, message, (msg) => this.node.send(msg));
    return content;
  }

  /** Small contents at once; large ones in slices and a few at a time, since read they take many times their size. */
  private async read(read: Delivery['read']): Promise<ReadContent & { malformed: boolean }> {
    try {
      const bytes = contentEncoding(this.req) === 'identity' ? this.rawBody : await this.content();
      if (bytes.length <= SMALL) return { ...runThrough(read(bytes)), malformed: false };
      this.leave = await reading().enter(bytes.length);
      return { ...(await inSlices(read(bytes))), malformed: false };
    } catch (thrown) {
      if (!(thrown instanceof InvalidInputError)) throw thrown;
      const { code, message } = thrown;
      return { events: [], refusals: [{ index: 0, sku: null, code, message }], malformed: true };
    }
  }

  /** A http response node answered: nobody waits for record stock any more. */
  private answeredByFlow(request: InboundRequest): void {
    this.res.once('finish', () => {
      if (!request.open) return;
      const message = 'The flow answered this request itself.';
      request.settle(
        this.res.statusCode < 400
          ? { kind: 'recorded', result: NOTHING }
          : { kind: 'unavailable', message, retryAfter: 1 },
      );
    });
  }
}

const NOTHING = sumOf([]);

/**
 * To be called when a receiver's file is loaded: from then on until the flows run, unknown addresses answer 503 instead
 * of 404.
 */
export function prepareHttp(red: RED): void {
  dispatcher().install(red);
}

/** Receivers that are not up, for the health route; empty = all are. */
export function receiversDown(): Down[] {
  return dispatcher().routes.down();
}

/**
 * Opens the route; closing the node suspends it.
 * @throws ConfigError `path_invalid`, `path_in_use`, `http_off`
 */
export function receive(red: RED, node: RedNode, options: ReceiveOptions): void {
  const route = makeRoute(node, options);
  const requests = new Set<InboundRequest>();
  const refusals = new RefusalLog(node);
  route.handle = (req, res, captured) => {
    // Node makes `headers` on demand; like core's http in, so that they show in the debug sidebar.
    Object.defineProperty(req, 'headers', { value: req.headers, enumerable: true });
    hideCredentials(req);
    const input = new HttpInput(node, options, requests, req, res, captured);
    void (async () => {
      try {
        await options.handler(input);
      } catch (thrown) {
        const reply = replyOf(thrown);
        if (reply.status === 401) refusals.note(reply.body!.message, addressOf(req));
        if (reply.status >= 500 && reply.retryAfter === undefined) node.error(thrown as Error);
        input.reply(reply);
      }
    })();
  };
  open(red, node, route);
  onClose(node, () => {
    const timer = setTimeout(() => {
      for (const request of requests) if (!request.claimed) request.settle(DEPLOYED);
    }, CLOSE_GRACE_MS);
    timer.unref();
  });
}

const DEPLOYED: Settlement = {
  kind: 'unavailable',
  message: 'The flow was deployed meanwhile. Nothing is known to be stored; send it again.',
  retryAfter: 5,
};

/**
 * Keeps the path of a node whose settings are wrong, so that senders are told to come back instead of 404.
 * @param why for the sender: nothing secret
 */
export function holdPath(red: RED, node: RedNode, options: Pick<ReceiveOptions, 'method' | 'path'>, why: string): void {
  const route = makeRoute(node, { ...options, handler: () => {} });
  route.why = why;
  open(red, node, route);
}

function makeRoute(node: RedNode, options: ReceiveOptions): Route {
  let told = false;
  return {
    method: options.method,
    pattern: pathPattern(options.path),
    owner: node.id,
    ownerName: node.name || node.id,
    maxBody: options.maxBody ?? DEFAULT_MAX_BODY,
    types: options.types ?? [],
    handle: null,
    why: null,
    onProblem: (message) => {
      options.status?.show('config');
      if (!told) node.error(message);
      told = true;
    },
  };
}

function open(red: RED, node: RedNode, route: Route): void {
  const http = dispatcher();
  if (!http.install(red))
    throw new ConfigError(
      'HTTP for nodes is switched off (httpNodeRoot: false in settings.js), so nothing can be received here. Switch it on.',
      'http_off',
    );
  refuseEditors(red, route);
  refuseCoreDouble(red, route);
  http.routes.add(route);
  onClose(node, () => http.routes.suspend(route));
}

/** Requests to the editor carry passwords and tokens, which are no flow's to see. */
function refuseEditors(red: RED, { pattern }: Route): void {
  const path = `${String(red.settings.httpNodeRoot ?? '').replace(/\/+$/, '')}${pattern.text}`;
  if (isEditors(red, path))
    throw new ConfigError(
      `The path ${pattern.text} belongs to the editor of Node-RED. Choose another one, such as /webhook/shop.`,
      'path_in_use',
    );
}

/** A core http in node on the same method and path would never see a request. */
function refuseCoreDouble(red: RED, route: Route): void {
  let rival: string | null = null;
  red.nodes.eachNode((def) => {
    if (def.type !== 'http in' || def.d === true || String(def.method).toUpperCase() !== route.method) return;
    try {
      if (pathPattern(`/${String(def.url).replace(/^\//, '')}`).key === route.pattern.key) rival = def.name || def.id;
    } catch {
      // A path of core's with a pattern that we do not have cannot be the same.
    }
  });
  if (rival !== null)
    throw new ConfigError(
      `${route.method} ${route.pattern.text} is already used by the http in node "${rival}". Give one of the two another path.`,
      'path_in_use',
    );
}
