/**
 * `node dist/bench/profile.js FILE.cpuprofile …`: what a processor profile says, as a short text: time of functions by
 * themselves, and with all that they call. Profiles are made by `BENCH_PROFILE=<folder> npm run bench -- --only …`.
 */
import { readFileSync } from 'node:fs';

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

const TOP = 30;
const NO_WORK = ['(idle)', '(program)', '(root)'];

function describe(file: string): string {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as Profile;
  const self = new Map<number, number>();
  for (const [index, id] of samples.entries()) self.set(id, (self.get(id) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const name = (id: number): string => {
    const { functionName, url, lineNumber } = byId.get(id)!.callFrame;
    const place = url.replace(/^.*\/(?=node_modules\/)|^.*\/dist\//, '');
    return place === '' ? functionName : `${functionName || '(anonymous)'} ${place}:${lineNumber + 1}`;
  };
  const alone = new Map<string, number>();
  const whole = new Map<string, number>();
  const add = (map: Map<string, number>, key: string, by: number) => map.set(key, (map.get(key) ?? 0) + by);
  /** A function that calls itself counts once. */
  const walk = (id: number, above: Set<string>): number => {
    const key = name(id);
    const own = self.get(id) ?? 0;
    const below = new Set(above).add(key);
    const total = (byId.get(id)!.children ?? []).reduce((sum, child) => sum + walk(child, below), own);
    add(alone, key, own);
    if (!above.has(key)) add(whole, key, total);
    return total;
  };
  const all = walk(nodes[0]!.id, new Set());
  const work = all - NO_WORK.reduce((sum, key) => sum + (alone.get(key) ?? 0), 0);
  const list = (map: Map<string, number>) =>
    [...map]
      .filter(([key]) => !NO_WORK.includes(key))
      .sort(([, a], [, b]) => b - a)
      .slice(0, TOP)
      .map(([key, ms]) => `${ms.toFixed(0).padStart(7)} ms ${((ms / work) * 100).toFixed(1).padStart(5)} %  ${key}`);
  return [
    `${file}: ${work.toFixed(0)} ms of work`,
    'by itself:',
    ...list(alone),
    'with what it calls:',
    ...list(whole),
  ].join('\n');
}

for (const file of process.argv.slice(2)) console.log(describe(file));
