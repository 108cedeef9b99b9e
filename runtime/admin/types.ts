/** What an admin route is given and gives. */
export interface AdminRequest {
  params: Record<string, string>;
  query: Record<string, string | undefined>;
  body: Record<string, unknown>;
  /** Who is logged in; `editor` while the admin side is open. */
  user: string;
}

/** While several ledgers are open each row says which one it is of: `ledger` of a later request names it. */
export interface OfLedger {
  ledger?: string;
}

/** An answer that is no JSON, written piece by piece. */
export interface Streamed {
  type: string;
  headers?: Record<string, string>;
  pieces: AsyncIterable<string>;
}

export interface AdminRoute {
  method: 'get' | 'post';
  path: string;
  permission: 'shelfwire.read' | 'shelfwire.write';
  /** Asked for beside it. */
  also?: 'flows.write';
  /** A read-only link of the monitor is enough. */
  link?: true;
  handle(request: AdminRequest): Promise<unknown | Streamed>;
}
