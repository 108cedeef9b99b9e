/**
 * The errors of Shelfwire: small classes with a stable `code` that flows (Catch nodes), answers and the history rely on.
 * Every message says what happened, to which shop and item, whether anything is lost, and what to do.
 */
export class ShelfwireError extends Error {
  /** Stable, upper or lower snake case; never translated. */
  readonly code: string;
  /** True when the same request may succeed later without anybody changing anything. */
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** A property of a node is missing or wrong; the operator mends it in the editor. */
export class ConfigError extends ShelfwireError {
  constructor(message: string, code = 'config_invalid') {
    super(code, message);
  }
}

/** One event, row or item cannot be taken as it is; names the field and the remedy. */
export class InvalidInputError extends ShelfwireError {
  readonly field: string | undefined;
  constructor(code: string, message: string, field?: string) {
    // A sender can cause any number of these: where they were thrown is of no interest and would be most of their cost.
    const depth = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(code, message);
    Error.stackTraceLimit = depth;
    this.field = field;
  }
}

/** The ledger cannot store right now (disk full, busy, closing); nothing was recorded. Answered 503 + Retry-After. */
export class StorageError extends ShelfwireError {
  constructor(code: string, message: string, options: { cause?: unknown } = {}) {
    super(code, message, { retryable: true, ...options });
  }
}

/** More is waiting than may be held in memory; nothing was taken. Answered 429 or 503 + Retry-After. */
export class OverloadError extends ShelfwireError {
  /** Seconds after which the sender should try again. */
  readonly retryAfter: number;
  constructor(message: string, retryAfter = 1) {
    super('overloaded', message, { retryable: true });
    this.retryAfter = retryAfter;
  }
}

/** Coerces whatever was thrown to an Error that has a code. */
export function toShelfwireError(thrown: unknown): ShelfwireError {
  if (thrown instanceof ShelfwireError) return thrown;
  if (thrown instanceof Error) return new ShelfwireError('internal', thrown.message, { cause: thrown });
  return new ShelfwireError('internal', String(thrown));
}
