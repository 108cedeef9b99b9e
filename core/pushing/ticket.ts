/**
 * The ticket (`msg.push`): plain JSON that travels with a message from changed stock to the push and is all that settling
 * needs. A flow may copy, store or split the message; the ledger decides by lease which copy may be sent.
 */
export type PushType = 'full' | 'partial';
/** What caused a push: a message or button (`manual`), `schedule`, `auto` (on change), `api`, `recovery` (after an outage). */
export type PushTrigger = 'manual' | 'schedule' | 'auto' | 'api' | 'recovery';

/** One item of a message. */
export interface TicketEntry {
  sku: string;
  /** The ledger's number of the item. */
  item: number;
  /** The item's version that was taken. */
  version: number;
  /** The lease under which it was taken; compared and set anew before each request. */
  lease: number;
  /** What stands in the body's key field for this item, as text; written by the field mapper when it renames or converts the key. */
  key?: string;
}

/** How the field mapper shaped the body; applied by the push. */
export interface TicketMapping {
  /** Hash of the mapping's table and wrap; what was confirmed is remembered under it. */
  fingerprint: string;
  /** Name of the body's field that identifies the item (`product_id`). */
  key: string;
  /** The body around the list, as JSON text with the placeholder `"{items}"` where the list goes and `{store_id}` in texts; none = bare list. */
  wrap?: string;
}

export interface Ticket {
  /** Id of the push. */
  id: string;
  /** Id of the ledger that gave the ticket. */
  ledger: string;
  /** Key of the outlet: `<platform>:<store_id>`. */
  outlet: string;
  outlet_name: string;
  store_id: string;
  platform: string;
  type: PushType;
  trigger: PushTrigger;
  /** `user:<name>`, `schedule`, `auto`, `api`. */
  created_by: string;
  entries: TicketEntry[];
  mapping?: TicketMapping;
  /** Set once a request has been committed for exactly these entries: the chunk whose outcome is open. */
  chunk?: string;
  /** The outlet is not reachable and this message asks whether it is back: one try, no retries. */
  probe?: boolean;
  /** Something in it is newly sold out: it goes before what waits for a slot. */
  urgent?: boolean;
  /** The chunk's outcome is unknown: its stored body is sent again as it was; never sliced, mapped or filtered. */
  repeat?: boolean;
  /** The operator's own list: all of the body is sent as it is, and the ledger's values follow afterwards. */
  list?: boolean;
}
