/** One soak: ends of all kinds one after another under load, then the last start and the judgement. */
import { FIRST_MOMENTS, MOMENTS, type MomentName } from './moments';
import { Soak } from './soak';

export interface SoakResult {
  seed: number;
  /** How often the process was ended, by moment. */
  ends: Map<string, number>;
  events: number;
  acknowledged: number;
  requests: number;
  repeats: number;
  slowestStartMs: number;
  slowestStopMs: number;
  problems: string[];
}

export interface SoakOptions {
  seed: number;
  /** In this order, after those of the first start. */
  moments: MomentName[];
  progress?: (done: number, moment: string, soak: Soak) => void;
}

export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const soak = new Soak(options.seed);
  const ends = new Map<string, number>();
  try {
    await soak.prepare();
    const ended = (name: string) => {
      ends.set(name, (ends.get(name) ?? 0) + 1);
      options.progress?.(
        [...ends.values()].reduce((sum, n) => sum + n, 0),
        name,
        soak,
      );
    };
    for (const [name, end] of Object.entries(FIRST_MOMENTS)) {
      soak.note(name, await end(soak));
      ended(name);
    }
    soak.openShops();
    for (const name of options.moments) {
      soak.note(name, await MOMENTS[name](soak));
      ended(name);
    }
    await soak.start();
    await soak.finish();
    return {
      seed: options.seed,
      ends,
      events: soak.shops.told.size,
      acknowledged: soak.shops.deliveries,
      requests: soak.pasons.count(),
      repeats: soak.witness.repeats,
      slowestStartMs: Math.round(soak.slowestStart),
      slowestStopMs: Math.round(soak.slowestStop),
      problems: soak.problems,
    };
  } finally {
    await soak.close();
  }
}

/** Every moment once, then again and again, every second time a random one. */
export function momentsFor(kills: number): MomentName[] {
  const names = Object.keys(MOMENTS) as MomentName[];
  const chosen = names.filter((name) => name !== 'at random');
  const wanted = Math.max(0, kills - Object.keys(FIRST_MOMENTS).length);
  return Array.from({ length: wanted }, (_, index) =>
    index < names.length ? names[index]! : index % 2 ? 'at random' : chosen[(index >> 1) % chosen.length]!,
  );
}
