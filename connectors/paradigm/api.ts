/**
 * Reads lists from the Paradigm API, page by page, in both styles that it has:
 *
 * - `path`: `<url>/{skip}/{take}`, a bare list; the end is an empty page, since a server may give fewer than were asked;
 * - `query`: `<url>?pageNumber=1&size=500`, `{items, pageNumber, totalPages, hasNextPage}`.
 *
 * Key in the header `x-api-key`; `?filter=Field Op Value` with the operators spelt as Paradigm does. No public reference
 * exists; facts from a tenant's Swagger as collected by integrators (https://{client}api.para-apps.com/swagger).
 */
import { InvalidInputError, ShelfwireError } from '../../core/errors';
import { parseHttpDate } from '../../core/http-date';
import type { HttpAnswer, HttpClient } from '../../core/pushing/http';
import { parseRetryAfter } from '../../core/retrying/backoff';
import type { Steps } from '../../core/steps';
import {
  exactJson,
  isJsonObject,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  member,
} from '../../core/stock/exact-json';

export type Paging = 'path' | 'query';

export interface ApiOptions {
  /** Address of the list, without a trailing slash. */
  url: string;
  paging: Paging;
  /** Items in a page. */
  size: number;
  /** '' = no header. */
  apiKey: string;
  /** Milliseconds for one page. */
  timeout: number;
  request: HttpClient;
  /** Milliseconds since epoch. */
  now: () => number;
  /** Does long work without holding others up. */
  work: <T>(steps: Steps<T>) => Promise<T>;
}

/** Where a page begins. */
export interface PageStart {
  skip: number;
  /** From 0. */
  page: number;
}

export const FIRST_PAGE: PageStart = { skip: 0, page: 0 };

export interface ApiPage {
  items: JsonValue[];
  /** The answer as it came. */
  bytes: Uint8Array;
  /** When the values were true at the latest: the answer's `Date` less the request's duration; ms since epoch. */
  asOf: number;
  /** The numbers are made up (a simulator). */
  simulated: boolean;
  next: PageStart | null;
}

/** The API gave no page. */
export class ApiError extends ShelfwireError {
  /** Seconds that the API asks for, or null. */
  readonly retryAfter: number | null;
  constructor(code: string, message: string, retryable: boolean, retryAfter: number | null = null) {
    super(code, message, { retryable });
    this.retryAfter = retryAfter;
  }
}

const OUTAGES = new Set([408, 425, 429]);

export class ParadigmApi {
  private readonly options: ApiOptions;

  constructor(options: ApiOptions) {
    this.options = options;
  }

  /** @throws ApiError */
  async page(start: PageStart, filter: string | null, signal: AbortSignal): Promise<ApiPage> {
    const { request, timeout, apiKey, now } = this.options;
    const answer = await request({
      url: pageUrl(this.options, start, filter),
      method: 'GET',
      headers: { Accept: 'application/json', ...(apiKey ? { 'x-api-key': apiKey } : {}) },
      timeout,
      signal,
    });
    if (!answer.answered)
      throw new ApiError(
        answer.fault,
        `Paradigm did not answer (${answer.detail}). What was read before is stored.`,
        true,
      );
    if (answer.statusCode !== 200) throw refusal(answer, now());
    const { items, more } = await this.options.work(this.read(answer.body));
    const date = parseHttpDate(answer.headers.date?.trim() ?? '');
    return {
      items,
      bytes: answer.body,
      asOf: (date ?? now()) - answer.duration_ms,
      simulated: answer.headers['x-shelfwire-simulated'] === '1',
      next: more ? { skip: start.skip + items.length, page: start.page + 1 } : null,
    };
  }

  private *read(body: Uint8Array): Steps<{ items: JsonValue[]; more: boolean }> {
    let value: JsonValue;
    try {
      value = yield* exactJson(body);
    } catch (thrown) {
      if (!(thrown instanceof InvalidInputError)) throw thrown;
      throw notAList();
    }
    if (this.options.paging === 'path') {
      if (!Array.isArray(value)) throw notAList();
      return { items: value, more: value.length > 0 };
    }
    const items = isJsonObject(value) ? member(value, 'items') : undefined;
    if (!Array.isArray(items)) throw notAList();
    return { items, more: items.length > 0 && hasMore(value as JsonObject) };
  }
}

function hasMore(page: JsonObject): boolean {
  const said = member(page, 'hasNextPage');
  if (typeof said === 'boolean') return said;
  const number = (key: string) => {
    const value = member(page, key);
    return value instanceof JsonNumber ? Number(value.source) : Number.NaN;
  };
  // Without any word on it, an empty page is the end.
  return !(number('pageNumber') >= number('totalPages'));
}

function pageUrl({ url, paging, size }: ApiOptions, { skip, page }: PageStart, filter: string | null): string {
  const [path = '', query = ''] = url.split('?', 2);
  const base = path.replace(/\/$/, '');
  const parameters = new URLSearchParams(query);
  if (paging === 'query') {
    parameters.set('pageNumber', String(page + 1));
    parameters.set('size', String(size));
  }
  if (filter !== null) parameters.set('filter', filter);
  const text = parameters.toString().replaceAll('+', '%20');
  return `${base}${paging === 'path' ? `/${skip}/${size}` : ''}${text ? `?${text}` : ''}`;
}

function refusal({ statusCode, headers }: HttpAnswer, now: number): ApiError {
  const after = parseRetryAfter(headers['retry-after'], now);
  if (statusCode === 401 || statusCode === 403)
    return new ApiError(
      'key_refused',
      'Paradigm refuses the key. Enter a valid one in this node; nothing was changed.',
      false,
    );
  if (OUTAGES.has(statusCode) || statusCode >= 500)
    return new ApiError(
      `http_${statusCode}`,
      `Paradigm answered ${statusCode}. What was read before is stored.`,
      true,
      after,
    );
  if (statusCode >= 300 && statusCode < 400)
    return new ApiError('redirect', 'Paradigm answered with a redirect. Enter the final address in this node.', false);
  return new ApiError(
    `http_${statusCode}`,
    `Paradigm answered ${statusCode}. Check the address and the paging.`,
    false,
  );
}

/** Something between us and Paradigm answered, or the paging is the other one. */
function notAList(): ApiError {
  return new ApiError(
    'not_a_list',
    'What answered is not a list of the chosen paging. Check the address and the paging in this node.',
    true,
  );
}

/** Field names as Paradigm has them; the value may not end the condition. @throws InvalidInputError */
export function condition(field: string, operator: 'Equals' | 'GreatherThanOrEqualTo', value: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_.]*$/.test(field))
    throw new InvalidInputError('filter_field', `"${field}" is not the name of a field that Paradigm can filter by.`);
  if (value === '' || /["'\r\n]|\s(and|or)\s/i.test(value))
    throw new InvalidInputError('filter_value', `"${value.slice(0, 60)}" cannot be asked for. Check the product id.`);
  return `${field} ${operator} ${value}`;
}
