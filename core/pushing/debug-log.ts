/**
 * What one outlet's requests and answers look like, for an hour: in memory only, the last ones, cut short, without
 * secrets. It ends by itself.
 */
import type { HttpClient, HttpRequest, HttpResult } from './http';
import { redactor } from './redact';

export interface DebugEntry {
  /** Counts on. */
  id: number;
  at: string;
  method: string;
  url: string;
  request_headers: Record<string, string>;
  request_body: string;
  /** Null: no complete answer came. */
  status: number | null;
  /** What went wrong, when no answer came. */
  fault: string | null;
  answer_headers: Record<string, string>;
  answer_body: string;
  duration_ms: number;
}

const LASTS_MS = 3_600_000;
const ENTRIES = 50;
const BODY_CHARACTERS = 4_000;
/** Secrets are looked for in more than is shown, so that none is shown by half. */
const LOOKED_AT = 64 * 1024;

interface Watched {
  until: number;
  entries: DebugEntry[];
}

export class DebugLog {
  /** Called when there is something new to be seen. */
  changed: () => void = () => undefined;
  private readonly watched = new Map<string, Watched>();
  private readonly now: () => number;
  private next = 1;

  constructor(now: () => number) {
    this.now = now;
  }

  /** @returns until when, ISO */
  start(outlet: string): string {
    const before = this.find(outlet);
    const until = this.now() + LASTS_MS;
    this.watched.set(outlet, { until, entries: before?.entries ?? [] });
    this.changed();
    return new Date(until).toISOString();
  }

  stop(outlet: string): void {
    if (this.watched.delete(outlet)) this.changed();
  }

  /** Null while it is off. */
  until(outlet: string): string | null {
    const found = this.find(outlet);
    return found ? new Date(found.until).toISOString() : null;
  }

  /** Newest first. */
  entries(outlet: string): DebugEntry[] {
    return [...(this.find(outlet)?.entries ?? [])].reverse();
  }

  /** The same client; what goes through it is written down while the outlet is watched. */
  watch(outlet: string, http: HttpClient, secrets: () => readonly string[]): HttpClient {
    return async (request) => {
      if (!this.find(outlet)) return http(request);
      const at = this.now();
      const result = await http(request);
      this.note(outlet, at, request, result, secrets());
      return result;
    };
  }

  private note(outlet: string, at: number, request: HttpRequest, result: HttpResult, secrets: readonly string[]): void {
    const watched = this.find(outlet);
    if (!watched) return;
    const hide = redactor(secrets);
    const headers = (given: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(given).map(([name, value]) => [name, /^set-cookie$/i.test(name) ? '***' : hide(value)]),
      );
    const body = (bytes: Uint8Array | undefined) => {
      const text = hide(Buffer.from(bytes ?? []).toString('utf8', 0, LOOKED_AT));
      return text.length > BODY_CHARACTERS ? `${text.slice(0, BODY_CHARACTERS)}…` : text;
    };
    watched.entries.push({
      id: this.next++,
      at: new Date(at).toISOString(),
      method: request.method,
      url: hide(request.url),
      request_headers: headers(request.headers),
      request_body: body(request.body),
      status: result.statusCode,
      fault: result.answered ? null : result.fault,
      answer_headers: result.answered ? headers(result.headers) : {},
      answer_body: result.answered ? body(result.body) : hide(result.detail),
      duration_ms: Math.round(result.duration_ms),
    });
    if (watched.entries.length > ENTRIES) watched.entries.shift();
    this.changed();
  }

  private find(outlet: string): Watched | undefined {
    const found = this.watched.get(outlet);
    if (!found || found.until > this.now()) return found;
    this.watched.delete(outlet);
    return undefined;
  }
}
