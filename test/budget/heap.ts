/** What is allocated in this thread, and posted between it and the ledger's, from a start to a stop. */
import { type HeapProfiler, Session } from 'node:inspector/promises';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Counts, round } from './budget';
import { wrap } from './wrap';

const SAMPLE_BYTES = 512;
const LINES = 40;

let messages = 0;
wrap(Worker.prototype, 'postMessage', () => {
  messages += 1;
});
wrap(Worker.prototype, 'emit', (_self, [event]) => {
  if (event === 'message') messages += 1;
});

/** When garbage was collected: what was allocated before cannot be told any more. */
const collections: number[] = [];
new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) collections.push(startTime);
}).observe({ entryTypes: ['gc'] });

export class Heap {
  private from = { at: 0, heapUsed: 0, arrayBuffers: 0, messages: 0 };

  start(): void {
    // What was left before would bring the next collection nearer.
    globalThis.gc!();
    globalThis.gc!();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    this.from = { at: performance.now(), heapUsed, arrayBuffers, messages };
  }

  /** @returns what came of each of so many. @throws when garbage was collected meanwhile */
  async stop(units: number): Promise<Counts> {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const { from } = this;
    const until = performance.now();
    const posted = messages - from.messages;
    // The news of a collection comes a turn later.
    await turn();
    await turn();
    if (collections.some((at) => at >= from.at && at <= until))
      throw new Error('Garbage was collected meanwhile, so what was allocated cannot be told.');
    return {
      'heap bytes': round((heapUsed - from.heapUsed) / units),
      'buffer bytes': round((arrayBuffers - from.arrayBuffers) / units),
      messages: round(posted / units),
    };
  }
}

/** The same, told by function: V8's own sample, for whoever looks for a cause. */
export class Sample {
  private readonly session = new Session();

  async start(): Promise<void> {
    this.session.connect();
    await this.session.post('HeapProfiler.startSampling', {
      samplingInterval: SAMPLE_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
  }

  async stop(units: number): Promise<string> {
    const { profile } = await this.session.post('HeapProfiler.stopSampling');
    this.session.disconnect();
    const bytes = new Map<string, number>();
    const add = ({ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode): void => {
      const place = callFrame.url.replace(/^.*\/(?=node_modules\/)|^.*\/dist\//, '');
      const name = `${callFrame.functionName || '(anonymous)'} ${place}:${callFrame.lineNumber + 1}`;
      bytes.set(name, (bytes.get(name) ?? 0) + selfSize);
      for (const child of children) add(child);
    };
    add(profile.head);
    const most = [...bytes].sort(([, a], [, b]) => b - a).slice(0, LINES);
    return most.map(([name, size]) => `${String(Math.round(size / units)).padStart(8)}  ${name}`).join('\n');
  }
}
