/**
 * The parts of Node-RED's runtime API that Shelfwire uses. DefinitelyTyped stops at 1.3, so this small file is ours
 * (source: packages/node_modules/@node-red/{runtime,registry,util} of Node-RED 5.0 and 4.1).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Ticket } from '../core/pushing/ticket';
import type { Refusal } from '../core/stock/event';

export type Fill = 'red' | 'green' | 'yellow' | 'blue' | 'grey';
export interface NodeStatus {
  fill?: Fill;
  shape?: 'ring' | 'dot';
  text?: string;
}

export interface Parts {
  id: string;
  index: number;
  count?: number;
  type?: string;
  len?: number;
  /** Of the message that was split once more. */
  parts?: Parts;
}

/** A message as it travels. Every property may have been changed by a flow: check before use. */
export interface Message {
  _msgid?: string;
  payload?: unknown;
  topic?: string;
  parts?: Parts;
  /** The Express request (or a delivery of the broker), kept by reference when Node-RED clones the message. */
  req?: (IncomingMessage & Record<string, unknown>) | undefined;
  res?: { _res: ServerResponse } & Record<string, unknown>;
  rawBody?: Buffer;
  push?: Ticket;
  response?: { statusCode: number; message: string; duration_ms: number };
  error?: {
    code: string;
    message: string;
    statusCode: number | null;
    retryable: boolean;
    retryAfter: number | null;
  } & Record<string, unknown>;
  recorded?: { accepted: number; duplicate: number; stale: number; refused: number };
  refused?: Refusal[];
  [key: string]: unknown;
}

/** One entry an output; null or undefined = nothing on that output. */
export type Send = (out: Message | (Message | Message[] | null | undefined)[] | null) => void;

export interface RedNode {
  id: string;
  type: string;
  z?: string;
  name?: string;
  wires: string[][];
  credentials?: Record<string, string | undefined>;
  on(event: 'input', listener: (this: RedNode, msg: Message, send: Send, done: (err?: Error) => void) => void): void;
  on(event: 'close', listener: ((done: () => void) => void) | ((removed: boolean, done: () => void) => void)): void;
  send: Send;
  error(message: string | Error, msg?: Message): void;
  warn(message: string): void;
  log(message: string): void;
  debug(message: string): void;
  status(status: NodeStatus): void;
  context(): unknown;
}

export interface NodeDef {
  id: string;
  type: string;
  name?: string;
  z?: string;
  /** Version of the config's form: see CONTRIBUTING.md, "Changing a property". */
  version?: number;
  [property: string]: unknown;
}

export type Handler = (req: never, res: never, next: never) => unknown;

/** An Express application or router, as far as we use it. */
export interface ExpressLike {
  use(...args: unknown[]): unknown;
  get(...args: unknown[]): unknown;
  post(...args: unknown[]): unknown;
  delete(...args: unknown[]): unknown;
  [key: string]: unknown;
}

export interface RED {
  nodes: {
    createNode(node: unknown, def: NodeDef): void;
    registerType(
      type: string,
      construct: unknown,
      options?: { credentials?: Record<string, { type: 'text' | 'password' }>; settings?: Record<string, unknown> },
    ): void;
    getNode(id: string | undefined): unknown;
    eachNode(callback: (def: NodeDef) => void): void;
    getCredentials?(id: string): Record<string, string> | undefined;
  };
  util: {
    cloneMessage<T>(msg: T): T;
    getSetting(node: unknown, name: string): unknown;
    prepareJSONataExpression(expression: string, node: unknown): unknown;
    evaluateJSONataExpression(
      expression: unknown,
      msg: unknown,
      callback: (err: Error | null, value: unknown) => void,
    ): void;
    generateId(): string;
  };
  settings: Record<string, unknown> & { httpNodeRoot?: string; httpAdminRoot?: string; userDir?: string };
  httpAdmin: ExpressLike;
  httpNode: ExpressLike;
  server?: unknown;
  auth: { needsPermission(permission: string | string[]): Handler };
  comms: { publish(topic: string, data: unknown, retain?: boolean): void };
  events: {
    on(event: string, listener: (...args: never[]) => void): void;
    once(event: string, listener: (...args: never[]) => void): void;
    removeListener(event: string, listener: (...args: never[]) => void): void;
  };
  plugins: { registerPlugin(id: string, definition: Record<string, unknown>): void };
  log: {
    info(message: string): void;
    warn(message: string): void;
    error(message: string): void;
    debug(message: string): void;
  };
  hooks?: unknown;
  _(key: string, values?: Record<string, unknown>): string;
}
