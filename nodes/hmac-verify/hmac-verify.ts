/**
 * hmac verify: proves who sent a request, by its signature, a token or a password, and marks the *request* so. What it
 * cannot prove leaves by the second output and changes nothing.
 */
import type { IncomingMessage } from 'node:http';
import { ConfigError, toShelfwireError } from '../../core/errors';
import { sumOf } from '../../core/ledger/sum';
import { ReplayWindow } from '../../core/signature/replay';
import type { Proof, Scheme } from '../../core/signature/types';
import { Verifier } from '../../core/signature/verify';
import { runThrough, type Steps } from '../../core/steps';
import { offerTest } from '../../runtime/drafts';
import { hideHeader } from '../../runtime/http/credentials';
import { addressOf, RefusalLog } from '../../runtime/http/refusal-log';
import { type LedgerNode, ledgerNode } from '../../runtime/ledgers';
import { onClose } from '../../runtime/on-close';
import { onInput } from '../../runtime/on-input';
import type { Message, RED, RedNode, Send } from '../../runtime/red';
import { type InboundRequest, markVerified, requestOf, type Settlement } from '../../runtime/requests';
import { shared } from '../../runtime/shared';
import { inSlices } from '../../runtime/slices';
import { StatusLine } from '../../runtime/status';
import { timeZoneOf } from '../../runtime/time-zone';
import { handleFor, rawBytes, targetOf } from './foreign-request';
import { previousUses } from './previous-use';
import { type HmacVerifyDef, readScheme, readSecrets } from './settings';
import { tryRequest } from './try';

/** Why a request did not pass, and how it is answered where this node answers. */
interface Refused {
  code: string;
  message: string;
  settlement: Settlement;
}

const NOTHING = sumOf([]);
/** Bytes whose signature is checked at once. */
const SMALL = 64 * 1024;
/** Seconds after which a sender should come back when the fault is ours. */
const MEND_RETRY_S = 60;

class HmacVerify {
  private readonly red: RED;
  private readonly node: RedNode;
  private readonly def: HmacVerifyDef;
  private readonly status: StatusLine;
  private readonly window: ReplayWindow;
  /** Verdicts by request: copies of a message, from a fan-out, are one request. */
  private readonly judged = new WeakMap<object, Proof | Refused | Promise<Proof | Refused>>();
  private readonly refusals: RefusalLog;
  private scheme: Scheme | null = null;
  private verifier: Verifier | null = null;
  private broken: Error | null = null;

  constructor(red: RED, node: RedNode, def: HmacVerifyDef) {
    this.red = red;
    this.node = node;
    this.def = def;
    this.status = new StatusLine(red, node);
    this.window = windowOf(node);
    this.refusals = new RefusalLog(node);
    try {
      this.scheme = readScheme(def);
      const ledger = this.ledger();
      Object.assign(node, { ledgerId: ledger?.id });
      const zone = timeZoneOf(red, node, ledger?.timeZone);
      this.verifier = new Verifier(this.scheme, readSecrets(red, node, def, zone), Date.now);
      this.publicUrl();
      this.status.show('ready');
    } catch (thrown) {
      this.broken = toShelfwireError(thrown);
      this.status.show('config');
      node.error(this.broken);
    }
    onInput(node, (msg, send) => {
      const judged = this.judge(msg);
      return judged instanceof Promise
        ? judged.then((refused) => this.pass(msg, send, refused))
        : this.pass(msg, send, judged);
    });
  }

  private pass(msg: Message, send: Send, refused: Refused | null): void {
    if (!refused) send([msg, null]);
    else {
      if (refused.code === 'config') this.status.show('config');
      else this.status.show('rejected', { reason: this.red._(`reason.${refused.code}`) });
      send([null, { ...msg, error: errorOf(refused) }]);
    }
  }

  /** Null when the request is proven. */
  private judge(msg: Message): Refused | null | Promise<Refused | null> {
    if (!msg.req)
      return unproven('no_request', 'The message has no request. Wire this node directly behind a receiver.');
    const { req } = msg;
    const known = this.judged.get(req);
    if (known) return known instanceof Promise ? known.then(refusedOf) : refusedOf(known);
    const own = requestOf(msg);
    const bytes = own ? own.raw.bytes : rawBytes(msg);
    const request = own ?? handleFor(msg, bytes ?? Buffer.alloc(0));
    const settle = (outcome: Proof | Refused): Proof | Refused => {
      this.judged.set(req, outcome);
      // Without a reply another node may still prove it.
      if (isProof(outcome) || this.def.reply === false) return outcome;
      if (outcome.settlement.kind === 'unauthorized')
        this.refusals.note(`${outcome.message} Nothing of it is stored.`, addressOf(req));
      request.settle(outcome.settlement);
      return outcome;
    };
    const steps = this.prove(msg, request, bytes);
    if (!bytes || bytes.length <= SMALL) return refusedOf(settle(runThrough(steps)));
    const judging = inSlices(steps).then(settle);
    this.judged.set(req, judging);
    return judging.then(refusedOf);
  }

  private *prove(msg: Message, request: InboundRequest, bytes: Uint8Array | null): Steps<Proof | Refused> {
    if (!this.verifier) return this.notSetUp(this.broken);
    if (!bytes)
      return unproven(
        'body_parsed',
        'The http in node has parsed the body, so the exact bytes are gone. Tick "do not parse" (raw) in it.',
      );
    const req = msg.req as IncomingMessage & { originalUrl?: string };
    if (!req.headers)
      return unproven(
        'no_request',
        'This did not come over HTTP, so it has no signature. Take this node out of the path: devices and syncs are proven already.',
      );
    const target = targetOf(req);
    let url: string | null;
    try {
      url = this.publicUrl();
    } catch (thrown) {
      return this.notSetUp(toShelfwireError(thrown));
    }
    // A token is its own proof: it is not for the debug sidebar.
    if (this.scheme?.kind !== 'hmac') hideHeader(req, this.scheme!.header);
    const verdict = yield* this.verifier.steps({
      body: bytes,
      method: req.method ?? '',
      target,
      url: url === null ? null : url + target,
      headers: req.headers,
    });
    if (!verdict.ok) return unproven(verdict.code, verdict.message);
    const replayed = verdict.once ? this.once(request, verdict.once) : null;
    if (replayed) return replayed;
    const by = this.def.scheme || 'custom';
    markVerified(msg, { by, key: verdict.key });
    if (verdict.key === 'previous') {
      previousUses().note(this.node.id, Date.now(), this.ledger()?.current() ?? null);
      this.status.show('verified_previous');
    } else this.status.show('verified');
    return verdict;
  }

  /** Lets a signed request take effect once; one that was not stored passes when it comes again. */
  private once(request: InboundRequest, { key, until }: { key: string; until: number }): Refused | null {
    const repeat = this.window.begin(key, until);
    if (repeat === 'first') {
      request.onSettled(({ kind }) => (kind === 'recorded' ? this.window.stored(key) : this.window.forget(key)));
      return null;
    }
    if (repeat === 'in_progress') {
      const message = 'The same request is being stored right now. Send it again if it is not answered.';
      return { code: 'in_progress', message, settlement: { kind: 'unavailable', message, retryAfter: 1 } };
    }
    const message = 'This very request was stored before; it has no effect again.';
    // Who signs a time signs anew to try again. Without a time an honest second try looks the same: it is told "stored".
    return this.scheme?.timestamp
      ? unproven('replayed', message)
      : { code: 'replayed', message, settlement: { kind: 'recorded', result: NOTHING } };
  }

  /** The sender may be honest and the fault is ours, so it is asked to send again. */
  private notSetUp(why: Error | null): Refused {
    return {
      code: 'config',
      message: `Nothing can be verified here: ${why?.message ?? ''} Nothing was stored.`,
      settlement: { kind: 'unavailable', message: NOT_SET_UP, retryAfter: MEND_RETRY_S },
    };
  }

  /** Our address as the sender knows it; null when the scheme does not sign it. @throws ConfigError when nobody says it */
  private publicUrl(): string | null {
    if (this.scheme?.kind !== 'hmac' || !this.scheme.signed.includes('{url}')) return null;
    const ledger = this.ledger() ?? ledgerNode(this.red, undefined);
    if (ledger.publicUrl) return ledger.publicUrl;
    throw new ConfigError(
      'The sender signs our address, but the ledger does not know it. Set the public address in the ledger.',
      'public_url_missing',
    );
  }

  /** The chosen ledger, or the only one there is. */
  private ledger(): LedgerNode | null {
    const ids: string[] = [];
    if (this.def.ledger) ids.push(this.def.ledger);
    else this.red.nodes.eachNode((def) => void (def.type === 'shelfwire-ledger' && ids.push(def.id)));
    return ids.length === 1 ? (this.red.nodes.getNode(ids[0]) as LedgerNode | null) : null;
  }
}

/** What was seen outlives a deploy, as the requests' signatures do. */
function windowOf(node: RedNode): ReplayWindow {
  const windows = shared('hmac-verify-windows', () => new Map<string, ReplayWindow>());
  const window = windows.get(node.id) ?? new ReplayWindow(Date.now);
  windows.set(node.id, window);
  onClose(node, (removed) => {
    if (removed) windows.delete(node.id);
  });
  return window;
}

const NOT_SET_UP =
  'This receiver is not set up yet, so nobody can be verified. Nothing was stored; send it again later.';

function unproven(code: string, message: string): Refused {
  return { code, message, settlement: { kind: 'unauthorized', message } };
}

function isProof(outcome: Proof | Refused): outcome is Proof {
  return 'ok' in outcome;
}

function refusedOf(outcome: Proof | Refused): Refused | null {
  return isProof(outcome) ? null : outcome;
}

function errorOf({ code, message, settlement }: Refused): NonNullable<Message['error']> {
  const open = settlement.kind === 'unavailable';
  return {
    code,
    message,
    statusCode: settlement.kind === 'unauthorized' ? 401 : open ? 503 : null,
    retryable: open,
    retryAfter: open ? settlement.retryAfter : null,
  };
}

export = (RED: RED): void => {
  function Node(this: RedNode, def: HmacVerifyDef) {
    RED.nodes.createNode(this, def);
    new HmacVerify(RED, this, def);
  }
  RED.nodes.registerType('shelfwire-hmac-verify', Node, {
    credentials: { secret: { type: 'password' }, previousSecret: { type: 'password' } },
  });
  previousUses().route(RED);
  offerTest(RED, 'shelfwire-hmac-verify', tryRequest(RED, Date.now));
};
