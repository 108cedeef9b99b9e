/**
 * Starts the simulators of the demo in a worker thread: they live exactly as long as this process, even when it is
 * killed. Their addresses must be known before Node-RED reads the flow, so this waits until they listen.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ShelfwireError } from '../../core/errors';
import { type Environment, localUrl } from './environment';

/** What the worker (simulators/demo.ts) is told. */
export interface DemoWorkerData {
  folder: string;
  target: string;
  mqttUrl: string;
  timeZone: string;
  secrets: Record<string, string>;
  /** [0] becomes 1 when listening, 2 on failure; [1] and [2] are the ports of Pasons and of Paradigm's API. */
  ports: Int32Array;
}

const LIMIT_MS = 20_000;

/** @returns variables for the flow: PASONS_URL, PARADIGM_URL */
export function startDemo(
  environment: Environment,
  folder: string,
  secrets: Record<string, string>,
): Record<string, string> {
  const ports = new Int32Array(new SharedArrayBuffer(12));
  const workerData: DemoWorkerData = {
    folder,
    target: localUrl(environment.host, environment.port),
    mqttUrl: localUrl(environment.mqttHost, environment.mqttPort).replace(/^http/, 'mqtt'),
    timeZone: environment.timeZone,
    secrets,
    ports,
  };
  const worker = new Worker(join(__dirname, '../../simulators/demo.js'), { workerData });
  worker.unref();
  worker.on('error', (error) => console.error(`The simulators have stopped: ${error.message}`));
  Atomics.wait(ports, 0, 0, LIMIT_MS);
  if (Atomics.load(ports, 0) !== 1)
    throw new ShelfwireError('demo_failed', 'The simulators of the demo do not start. Nothing is lost; start again.');
  return {
    PASONS_URL: `http://127.0.0.1:${Atomics.load(ports, 1)}`,
    PARADIGM_URL: `http://127.0.0.1:${Atomics.load(ports, 2)}/api`,
  };
}
