/**
 * Calls of the admin routes. Addresses are relative, so that they work below any admin root; jQuery adds the login's
 * token, which the editor sets up for it.
 */

import { _, said } from './words';

/** What the server refused. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

type Query = Record<string, string | number | null | undefined>;

export function get<T>(path: string, query: Query = {}): Promise<T> {
  return call('GET', withQuery(path, query));
}

export function post<T>(path: string, body: unknown = {}): Promise<T> {
  return call('POST', path, body);
}

/** The address with the parameters that have a value. */
function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  }
  return parameters.size > 0 ? `${path}?${parameters}` : path;
}

/** One piece of a path: what an id or SKU holds stays one piece. */
export const piece = (text: string): string => encodeURIComponent(text);

function failure(request: JQueryRequest): ApiError {
  const answer = request.responseJSON ?? {};
  const code = String(answer.code ?? '');
  const unsaid = _(request.status === 401 ? 'error.login' : 'error.noAnswer');
  return new ApiError(request.status, code, said(code, String(answer.message ?? '')) || unsaid);
}

function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    $.ajax({
      url: `shelfwire/${path}`,
      method,
      dataType: 'json',
      ...(body === undefined ? {} : { contentType: 'application/json', data: JSON.stringify(body) }),
    })
      .done((answer) => resolve(answer as T))
      .fail((request) => reject(failure(request)));
  });
}

/** Saves what a route answers as a file: the login's token has to go with the request, so a plain link cannot. */
export function download(path: string, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    $.ajax({ url: `shelfwire/${path}`, method: 'GET', dataType: 'text' })
      .done((text: string) => {
        const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
        const link = document.createElement('a');
        link.href = address;
        link.download = name;
        link.click();
        URL.revokeObjectURL(address);
        resolve();
      })
      .fail((request) => reject(failure(request)));
  });
}
