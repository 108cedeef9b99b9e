/**
 * What `npm run bench` measures: comparisons of sides that do the same work. In each round every side runs once, one after
 * the other, so that a machine that drifts drifts for all; what counts is the ratio within a round.
 */

/** One way to do the work. */
export interface Side {
  /** Short and unique within its comparison, such as `shelfwire`, `bare server`, `core nodes`. */
  name: string;
  /**
   * Starts what it needs, does the work, stops it, leaves nothing behind.
   *
   * @param round from 0 on; what is sent must differ from round to round and from message to message (SQLite skips a row
   * that is written again as it is)
   * @param quick as little work as shows that it works, for whoever works on it; such figures are never kept
   */
  run(round: number, quick: boolean): Promise<Measured>;
}

/** What one side did in one round. */
export interface Measured {
  /** The figure that is compared, in the unit of the comparison. */
  value: number;
  /** What else is worth a column: `p50 ms`, `p99 ms`, `resident MB`, `CPU µs per event`, `syncs`. */
  details?: Record<string, number>;
}

/** How the first side shall stand beside another: the ratio of their values within a round, or the value itself. */
export interface Reach {
  /** Name of the other side; without it the value of the first side itself is judged, in the unit of the comparison. */
  against?: string;
  atLeast?: number;
  atMost?: number;
}

export interface Comparison {
  /** Its name on the command line (`npm run bench -- --only webhook`) and in the raw results, such as `webhook`. */
  id: string;
  /** What is done, in one sentence. */
  title: string;
  unit: 'requests/s' | 'events/s' | 's' | 'ms' | 'MB';
  /** Ours first. */
  sides: Side[];
  reach: Reach[];
  /** Rounds unless the command line says otherwise; 5. */
  rounds?: number;
  /** Before the first and after the last round. */
  setUp?(quick: boolean): Promise<void>;
  tearDown?(): Promise<void>;
}
