/**
 * Now, for values that are true as of their arrival: the wall clock, but never set back while the process lives, so that
 * what came later is not dated before what came earlier. Milliseconds since 1970.
 */
export function arrivalTime(): number {
  return Math.max(Date.now(), STARTED + performance.now());
}

const STARTED = Date.now() - performance.now();
