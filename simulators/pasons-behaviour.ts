/** How the simulated platform misbehaves; everything is off by default. */
export type Fault =
  | '401'
  | '404'
  | '413'
  | '429'
  | '500'
  | '503'
  /** 200 with a web page, as a broken gateway answers. */
  | 'html'
  /** The connection is cut after the request was read; nothing was applied. */
  | 'drop'
  /** The same, but the items were applied. */
  | 'drop-applied'
  /** 500 although the items were applied. */
  | '500-applied';

export const FAULTS: readonly Fault[] = [
  '401',
  '404',
  '413',
  '429',
  '500',
  '503',
  'html',
  'drop',
  'drop-applied',
  '500-applied',
];

export interface Behaviour {
  /** Milliseconds from the request to the answer. */
  delay: number;
  /** When in the delay the items are applied: at once, or just before the answer. */
  applies: 'first' | 'last';
  /** Each request (of `times`) fails like this. */
  fault: Fault | null;
  /** The fault holds for so many requests, then it ends; null = until told otherwise. */
  times: number | null;
  /** Seconds sent as Retry-After with 429 and 503; null = none. */
  retryAfter: number | null;
  /** Share of requests (0 to 1) that fail with one of `failWith`, by the seed. */
  failRate: number;
  failWith: Fault[];
  seed: number;
  /** SKUs (key texts) that are refused by name. */
  refuse: string[];
  /** Status of an answer that refuses items: 2xx applies the others, 4xx applies nothing. */
  refuseStatus: number;
  /** Whether the answer names the refused items; if not, a 4xx leaves the client to find out. */
  refuseNamed: boolean;
  /** Largest number of items in one request, else 413; 0 = none. */
  maxItems: number;
  /** Largest body in bytes, else 413; 0 = none. */
  maxBytes: number;
}

export const WELL_BEHAVED: Behaviour = {
  delay: 0,
  applies: 'first',
  fault: null,
  times: null,
  retryAfter: null,
  failRate: 0,
  failWith: ['500', '503', '429', 'drop', 'drop-applied', '500-applied'],
  seed: 1,
  refuse: [],
  refuseStatus: 200,
  refuseNamed: true,
  maxItems: 0,
  maxBytes: 0,
};

/** Takes what is known from untyped JSON. @throws Error naming what is not known */
export function readBehaviour(input: unknown): Partial<Behaviour> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new Error('a JSON object is expected');
  const known: Record<string, unknown> = { ...WELL_BEHAVED, fault: '500', times: 1, retryAfter: 1 };
  for (const [name, value] of Object.entries(input)) {
    if (!(name in known)) throw new Error(`${name} is not known; there are: ${Object.keys(known).join(', ')}`);
    const nullable = name === 'fault' || name === 'times' || name === 'retryAfter';
    if (!(nullable && value === null) && typeof value !== typeof known[name])
      throw new Error(`${name} must be a ${typeof known[name]}`);
    if (name === 'fault' && value !== null && !FAULTS.includes(value as Fault))
      throw new Error(`fault must be one of ${FAULTS.join(', ')}`);
  }
  return input as Partial<Behaviour>;
}
