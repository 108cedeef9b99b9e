/**
 * Sends one message to its outlet's platform. The ledger decides what may be sent and remembers what became of it; here
 * requests are built, answers judged, and a refused form is halved until the guilty item is alone. Whatever happens,
 * each item ends settled, given back, or held for the retry that follows.
 */
import type { Answer, ItemRefusal, Ledger, Outcome } from '../ledger/ledger';
import { isLoopbackUrl } from './addresses';
import { judge, parseBody, type Verdict } from './answer';
import type { HttpClient } from './http';
import { type Every, LEASE_MS, LeaseKeeper } from './lease-keeper';
import { matchItems, type Piece } from './match';
import type { Named, NamingProfile, Sent } from './naming';
import { type Redact, redactorOf } from './redact';
import { entriesOf, type Failure, failure, Report } from './report';
import { bodyOf, headersOf, idempotencyKey, sentOf, sentOfBody } from './request';
import type { PushResult } from './result';
import type { PushTarget } from './target';
import type { Ticket } from './ticket';

/** Most items of one request when no chunker has sliced the message. */
const SLICE = 500;
/** Longest time entries are held for a retry, seconds; what the platform asks beyond it is the ledger's to wait for. */
const LONGEST_HOLD_S = 900;

export interface PushJob {
  ledger: Ledger;
  http: HttpClient;
  profile: NamingProfile;
  /** Milliseconds since epoch. */
  now: () => number;
  /** Undefined when the outlet is not deployed any more. */
  target: PushTarget | undefined;
  ticket: Ticket;
  payload: unknown;
  /** A chunker has sliced the message: it is not sliced again. */
  sliced: boolean;
  /** Whether what fails for now may keep its lease for a retry: the failed output is wired and the node is not closing. */
  mayHold: () => boolean;
  /** Aborts waiting for a slot: what has not left is given back. */
  queueSignal?: AbortSignal;
  /** Aborts requests in flight. */
  signal?: AbortSignal;
  /** Repeats something while the push runs; the process's own timers without it. */
  every?: Every;
}

/** Never rejects for what a platform or a network does. @throws StorageError when the ledger cannot store */
export function push(job: PushJob): Promise<PushResult> {
  return new PushRun(job).run();
}

/** A request that the ledger knows is leaving. */
interface Begun {
  pieces: Piece[];
  /** Null when the ledger knows none of the items. */
  chunk: string | null;
  body: Uint8Array;
  key: string;
  sent: Sent;
  repeat: boolean;
}

/** What is still to be done after an answer: nothing, `pieces` once more, or `pieces` in halves. */
interface Next {
  halve: boolean;
  pieces: Piece[];
}

const DONE: Next = { halve: false, pieces: [] };

class PushRun {
  private readonly job: PushJob;
  private readonly ticket: Ticket;
  private readonly report: Report;
  private readonly keeper: LeaseKeeper;
  /** Cuts the outlet's secrets out of what is told, stored or shown. */
  private readonly clean: Redact;
  /** Not tried, since the push stopped before. */
  private readonly rest: Piece[] = [];
  private answer: Answer = { statusCode: null, message: '', duration_ms: 0 };
  private stopped: { why: Failure; holdUntil: number | null } | null = null;

  constructor(job: PushJob) {
    this.job = job;
    // A copy: leases change while we send, and the message may have other readers.
    this.ticket = { ...job.ticket, entries: job.ticket.entries.map((entry) => ({ ...entry })) };
    this.report = new Report(this.ticket);
    this.keeper = new LeaseKeeper(job.ledger, job.ticket.outlet, job.now, job.every);
    this.clean = redactorOf(job.target?.secrets() ?? []);
  }

  async run(): Promise<PushResult> {
    this.keeper.keep(this.ticket.entries);
    try {
      const pieces = await this.piecesOf(this.job.payload);
      if (!(await this.blocked(pieces))) {
        const size = this.job.sliced || this.ticket.repeat ? Math.max(1, pieces.length) : SLICE;
        for (let at = 0; at < pieces.length; at += size) {
          const unsettled = await this.attempt(pieces.slice(at, at + size), this.ticket.chunk !== undefined);
          if (unsettled.length > 0) await this.halve(unsettled);
        }
        await this.leaveRest();
      }
    } catch (thrown) {
      // The ledger could not store. What it still can is give back; if not, the leases run out.
      await this.job.ledger.giveBack(this.ticket).catch(() => undefined);
      throw thrown;
    } finally {
      this.keeper.stop();
    }
    return this.report.result();
  }

  private async piecesOf(payload: unknown): Promise<Piece[]> {
    const items: unknown[] = Array.isArray(payload) ? payload : [];
    // What the message shows of a repeat is never sent: the ledger has the stored body.
    if (this.ticket.repeat) return this.ticket.entries.map((entry, index) => ({ item: items[index], entry }));
    const { pieces, dropped, foreign } = matchItems(this.ticket, items);
    if (dropped.length > 0) {
      this.keeper.release(dropped);
      await this.job.ledger.dropped(this.ticket, dropped);
    }
    if (this.ticket.list) {
      const known = new Map(pieces.map((piece) => [piece.item, piece]));
      return items.map((item) => known.get(item) ?? { item, entry: null });
    }
    this.report.notSent(foreign.map((position) => items[position]));
    if (!Array.isArray(payload)) this.report.fail([], 'elsewhere', failure('payload_not_a_list', typeof payload));
    return pieces;
  }

  /** What must not be sent at all is given back, with the reason where the outlet has to show one. */
  private async blocked(pieces: Piece[]): Promise<boolean> {
    const { target, ledger } = this.job;
    const endpoint = target?.definition.endpoint;
    if (!target) await this.stop(pieces, failure('outlet_gone'));
    else if (!target.definition.enabled) await this.stop(pieces, failure('outlet_off'));
    else if (!endpoint) await this.stop(pieces, failure('endpoint_unset'));
    else if (ledger.info.kind === 'demo' && !isLoopbackUrl(endpoint))
      await this.giveUp(pieces, failure('demo_ledger', new URL(endpoint).host));
    return this.stopped !== null;
  }

  /** Sends, and again without the items that were named. @returns the pieces of a refused form, to be halved */
  private async attempt(pieces: Piece[], again: boolean): Promise<Piece[]> {
    const target = this.job.target!;
    let left = pieces;
    let dropNewer = again;
    while (left.length > 0) {
      if (this.stopped) {
        this.rest.push(...left);
        return [];
      }
      const release = await target.slot(this.job.queueSignal, this.ticket.urgent).catch(() => null);
      if (!release) {
        await this.stop(left, failure('aborted'));
        return [];
      }
      try {
        const begun = await this.begin(left, dropNewer);
        if (!begun) return [];
        const next = await this.exchange(begun, target);
        if (next.halve) return next.pieces;
        left = next.pieces;
        dropNewer = true;
      } finally {
        release();
      }
    }
    return [];
  }

  /** Halves until the guilty item is alone. Both halves are tried before either is halved: something good shows early. */
  private async halve(pieces: Piece[]): Promise<void> {
    const middle = Math.ceil(pieces.length / 2);
    const unsettled: Piece[][] = [];
    for (const half of [pieces.slice(0, middle), pieces.slice(middle)]) {
      const left = await this.attempt(half, true);
      if (left.length > 0) unsettled.push(left);
    }
    for (const half of unsettled) {
      if (this.stopped) this.rest.push(...half);
      else await this.halve(half);
    }
  }

  /** Commits that the request is about to leave, without what was lost or has newer values. Null: nothing is to be sent. */
  private async begin(pieces: Piece[], dropNewer: boolean): Promise<Begun | null> {
    const { ledger, target } = this.job;
    const { endpoint, timeout } = target!.definition;
    let left = pieces;
    while (left.length > 0) {
      const entries = entriesOf(left);
      const ticket = this.report.ticketOf(left);
      let body: Uint8Array;
      try {
        body = this.ticket.repeat ? new Uint8Array() : bodyOf(left, ticket);
      } catch (thrown) {
        await this.giveUp(left, failure('body_invalid', this.clean(String(thrown)), { reach: 'fault' }));
        return null;
      }
      const key = idempotencyKey(ticket, entries, body);
      const ready = { pieces: left, body, key, sent: sentOf(left, ticket), repeat: false };
      if (entries.length === 0) return { ...ready, chunk: null };
      const request = { ticket, body, idempotencyKey: key, endpoint: endpoint!, timeout, dropNewer };
      const begun = await ledger.beginSend(request);
      if (begun.send) {
        this.keeper.release(entries);
        for (const entry of entries) entry.lease = begun.lease;
        if (!('repeat' in begun)) return { ...ready, chunk: begun.chunk };
        const { body: stored, idempotencyKey: storedKey } = begun.repeat;
        const sent = sentOfBody(stored, ticket);
        return { pieces: left, chunk: begun.chunk, body: stored, key: storedKey, sent, repeat: true };
      }
      if ('stop' in begun) {
        await this.stop(left, failure(begun.stop));
        return null;
      }
      const lost = new Set(begun.lost);
      const gone = new Set([...begun.lost, ...begun.newer]);
      this.report.lose(left.filter(({ entry }) => entry && lost.has(entry.item)));
      this.keeper.release(entries.filter(({ item }) => gone.has(item)));
      if (gone.size === 0) return null;
      left = left.filter(({ entry }) => !entry || !gone.has(entry.item));
    }
    return null;
  }

  private async exchange(begun: Begun, target: PushTarget): Promise<Next> {
    const { http, ledger, profile, now, signal } = this.job;
    const { endpoint, timeout } = target.definition;
    const result = await http({
      url: endpoint!,
      method: target.method,
      headers: headersOf(target.headers(), begun.key),
      body: begun.body,
      timeout,
      loopbackOnly: ledger.info.kind === 'demo',
      ...(signal ? { signal } : {}),
    });
    const { clean } = this;
    const parsed = result.answered ? parseBody(result.body, clean) : null;
    const ok = result.answered && result.statusCode >= 200 && result.statusCode < 300;
    const success = ok && parsed ? await target.succeeds(parsed.value).catch(() => false) : undefined;
    const verdict = judge(result, parsed, { sent: begun.sent, profile, clean, success, now: now() });
    const message = result.answered ? parsed?.summary || clean(result.statusText) : clean(result.detail);
    this.answer = { statusCode: result.statusCode, message, duration_ms: result.duration_ms };
    this.report.took(result.duration_ms);
    return this.settle(begun, verdict);
  }

  private async settle(begun: Begun, verdict: Verdict): Promise<Next> {
    const { statusCode } = this.answer;
    if (verdict.kind === 'accepted' || verdict.kind === 'named') return this.settleItems(begun, verdict);
    const message = this.clean(verdict.message);
    if (verdict.kind === 'outage') {
      const { code, reach, retryable, retryAfter, uncertain } = verdict;
      await this.outage(begun, failure(code, message, { statusCode, reach, retryable, retryAfter }), uncertain);
      return DONE;
    }
    if (verdict.kind === 'unknown') {
      const { code, retryAfter } = verdict;
      const why = failure(code, message, { statusCode, retryable: true, retryAfter });
      const holdUntil = this.holdUntil(why);
      const words = this.report.words(why, begun.pieces.length);
      const { open } = await this.tellLedger(begun, { kind: 'unknown', code, message: words, retryAfter, holdUntil });
      this.halt(begun, why, open ? null : holdUntil, true);
      return DONE;
    }
    if (begun.repeat) {
      // The first request may have been applied all the same; only time or a success settles it.
      await this.outage(begun, failure('repeat_refused', message, { statusCode, reach: 'fault' }), true);
      return DONE;
    }
    if (begun.pieces.length === 1) {
      await this.isolate(begun, verdict.code, message);
      return DONE;
    }
    await this.tellLedger(begun, { kind: 'split', code: verdict.code, message });
    this.keeper.keep(entriesOf(begun.pieces));
    return { halve: true, pieces: begun.pieces };
  }

  private async settleItems(begun: Begun, verdict: { kind: 'accepted' | 'named'; refused: Named[] }): Promise<Next> {
    const { named, refusals } = this.refuse(begun, verdict.refused);
    const others = begun.pieces.filter((piece) => !named.has(piece));
    // Of an operator's own list the list's values were refused, not those of the ledger.
    await this.tellLedger(begun, { kind: verdict.kind, refused: this.ticket.list ? [] : refusals });
    if (verdict.kind === 'accepted') {
      this.report.accept(others, this.answer);
      return DONE;
    }
    if (this.ticket.list) await this.giveBack([...named]);
    if (begun.repeat) {
      // Only the stored body was to be repeated; what else was in it is sent anew from the ledger.
      await this.giveBack(others);
      return DONE;
    }
    this.keeper.keep(entriesOf(others));
    return { halve: false, pieces: others };
  }

  private refuse(begun: Begun, list: Named[]): { named: Set<Piece>; refusals: ItemRefusal[] } {
    const named = new Set<Piece>();
    const refusals: ItemRefusal[] = [];
    for (const { position, code, message } of list) {
      const piece = begun.pieces[position]!;
      named.add(piece);
      this.report.refuse(piece, { sku: begun.sent.skus[position] ?? '', code, message }, this.answer.statusCode);
      if (piece.entry) refusals.push({ item: piece.entry.item, code, message });
    }
    return { named, refusals };
  }

  /** One item alone, and the answer names nobody: it is this item, unless the platform says the same of every item. */
  private async isolate(begun: Begun, code: string, message: string): Promise<void> {
    const { statusCode } = this.answer;
    const piece = begun.pieces[0]!;
    if (this.ticket.list) {
      await this.tellLedger(begun, { kind: 'named', refused: [] });
      await this.giveBack([piece]);
    } else {
      const refusal = { item: piece.entry?.item ?? 0, code, message };
      const proven = this.report.hasAccepted;
      const { fault } = await this.tellLedger(begun, { kind: 'isolated', refusal, proven });
      if (fault) {
        const pieces = [...this.report.takeBack(code, message), piece];
        this.halt({ ...begun, pieces }, failure('outlet_fault', message, { statusCode, reach: 'fault' }), null, false);
        return;
      }
    }
    this.report.refuse(piece, { sku: begun.sent.skus[0] ?? '', code, message }, statusCode);
  }

  private async outage(begun: Begun, why: Failure, uncertain: boolean): Promise<void> {
    const { code, reach, retryAfter } = why;
    const holdUntil = this.holdUntil(why);
    const message = this.report.words(why, begun.pieces.length);
    const { open } = await this.tellLedger(begun, {
      kind: 'outage',
      code,
      message,
      reach,
      uncertain,
      retryAfter,
      holdUntil,
    });
    this.halt(begun, why, open ? null : holdUntil, begun.repeat);
  }

  private async tellLedger(begun: Begun, outcome: Outcome): Promise<{ fault: boolean; open?: boolean }> {
    return begun.chunk === null ? { fault: false } : this.job.ledger.settle(begun.chunk, outcome, this.answer);
  }

  /** Until when the entries keep their lease for a retry; null = they are given back. */
  private holdUntil({ retryable, retryAfter }: Failure): number | null {
    if (!retryable || this.ticket.probe || !this.job.mayHold()) return null;
    return this.job.now() + LEASE_MS + Math.min(retryAfter ?? 0, LONGEST_HOLD_S) * 1000;
  }

  /** Ends the push with a request that failed; the ledger knows of it already. */
  private halt(begun: Begun, why: Failure, holdUntil: number | null, repeat: boolean): void {
    this.stopped = { why, holdUntil };
    if (holdUntil === null) {
      this.report.fail(begun.pieces, this.ticket.list ? 'own' : 'waiting', { ...why, retryable: false });
      return;
    }
    const ticket = this.report.ticketOf(begun.pieces);
    delete ticket.chunk;
    delete ticket.repeat;
    if (begun.chunk !== null) ticket.chunk = begun.chunk;
    if (repeat) ticket.repeat = true;
    this.report.fail(begun.pieces, 'again', { ...why, retryable: true }, ticket);
  }

  /** Ends the push without a request: its items are waiting again. */
  private async stop(pieces: Piece[], why: Failure): Promise<void> {
    this.stopped = { why, holdUntil: null };
    await this.giveBack(pieces);
    this.report.fail(pieces, this.ticket.list ? 'own' : 'waiting', why);
  }

  /** The same, and the push has failed: the outlet shows why, and is asked again more and more seldom. */
  private async giveUp(pieces: Piece[], why: Failure): Promise<void> {
    const { code, statusCode, reach, retryAfter } = why;
    const message = this.report.words(why, pieces.length);
    await this.job.ledger.giveBack(this.report.ticketOf(pieces), { code, message, statusCode, reach, retryAfter });
    await this.stop(pieces, why);
  }

  /** What was not tried shares the fate of what failed: held for the same retry, or waiting again. */
  private async leaveRest(): Promise<void> {
    if (this.rest.length === 0 || !this.stopped) return;
    const { why, holdUntil } = this.stopped;
    if (holdUntil === null) {
      await this.giveBack(this.rest);
      if (this.ticket.list) this.report.fail(this.rest, 'own', { ...why, retryable: false });
      return;
    }
    const ticket = this.report.ticketOf(this.rest);
    delete ticket.chunk;
    await this.job.ledger.renew(ticket.outlet, ticket.entries, holdUntil);
    this.report.fail(this.rest, 'again', { ...why, retryable: true }, ticket);
  }

  private async giveBack(pieces: readonly Piece[]): Promise<void> {
    const entries = entriesOf(pieces);
    this.keeper.release(entries);
    if (entries.length > 0) await this.job.ledger.giveBack(this.report.ticketOf(pieces));
  }
}
