/**
 * node-red-node-test-helper, typed as far as we use it, with the guards its traps ask for: every node must really be
 * there after loading, and positions are added, since entries without them count as config nodes.
 */
import type { Message, RED, RedNode } from '../../runtime/red';

interface Helper {
  init(runtime: string): void;
  load(nodes: unknown[], flow: unknown[], credentials?: Record<string, unknown>): Promise<void>;
  unload(): Promise<void>;
  getNode(id: string): TestNode | null;
  clearFlows(): Promise<void>;
}

export interface TestNode extends RedNode {
  receive(msg: Message): void;
  on(event: string, listener: (...args: never[]) => void): void;
}

export interface FlowEntry {
  id: string;
  type: string;
  wires?: string[][];
  [property: string]: unknown;
}

const helper: Helper = require('node-red-node-test-helper');
helper.init(require.resolve('node-red'));

/** Loads a flow; entries with `wires` get a place on the tab, others are config nodes. Credentials by node id. */
export async function load(
  sets: ((red: RED) => void)[],
  flow: FlowEntry[],
  credentials: Record<string, unknown> = {},
): Promise<void> {
  const placed = flow.map((entry, index) =>
    entry.wires ? { x: 100, y: 40 * (index + 1), z: 'tab', ...entry } : entry,
  );
  await helper.load(sets, [{ id: 'tab', type: 'tab', label: 'test' }, ...placed], credentials);
  for (const { id, type } of flow) if (!helper.getNode(id)) throw new Error(`node ${id} (${type}) was not loaded`);
}

export const unload = (): Promise<void> => helper.unload();

export function nodeOf(id: string): TestNode {
  const node = helper.getNode(id);
  if (!node) throw new Error(`there is no node ${id}`);
  return node;
}

/** Everything a helper node has received so far, in order; keep the list and look again. */
export function received(id: string): Message[] {
  const messages: Message[] = [];
  nodeOf(id).on('input', ((msg: Message) => messages.push(msg)) as (...args: never[]) => void);
  return messages;
}
