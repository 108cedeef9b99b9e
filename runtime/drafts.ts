/**
 * Settings as they stand in a dialog, not yet deployed, so that they can be tried. What the browser does not have (a
 * stored secret) is taken from the deployed node of the same id; what it does have counts as typed, blank included.
 */
import { InvalidInputError, ShelfwireError } from '../core/errors';
import { expand, unsetVariables } from './env';
import type { NodeDef, RED, RedNode } from './red';
import { shared } from './shared';

export interface Draft {
  /** As Node-RED would give it to the node: properties that are one variable are replaced. */
  def: NodeDef;
  /** As typed. */
  raw: NodeDef;
  /** Stands for the node: its id, its credentials, and where its variables are looked up. */
  node: RedNode;
  /** What is asked about it. */
  ask: Record<string, unknown>;
}

export interface TestResult {
  ok: boolean;
  /** Stable; the editor has a text for each, `message` is for all others. */
  code: string;
  message: string;
  values?: Record<string, string | number>;
}

type Test = (draft: Draft) => Promise<unknown>;

/** How Node-RED's editor shows a secret that it is not told. */
const KEPT = '__PWRD__';
const SECONDS = 60_000;

const tests = () => shared('dialog-tests', () => new Map<string, { red: RED; test: Test }>());
const recent = () => shared('dialog-tests-recent', () => new Map<string, number[]>());

/** @param type of the node whose dialog has the button */
export function offerTest(red: RED, type: string, test: Test): void {
  tests().set(type, { red, test });
}

/**
 * @param perMinute how often it may be asked; trying secrets is not what it is for
 * @throws ShelfwireError `unknown_test`, `too_many_tests`
 */
export async function runTest(type: string, body: Record<string, unknown>, perMinute: number): Promise<unknown> {
  const offered = tests().get(type);
  if (!offered) throw new ShelfwireError('unknown_test', `There is nothing to test about "${type}".`);
  const now = Date.now();
  const times = (recent().get(type) ?? []).filter((time) => time > now - SECONDS);
  if (times.length >= perMinute)
    throw new ShelfwireError('too_many_tests', 'That was tested many times within a minute. Wait a moment.', {
      retryable: true,
    });
  recent().set(type, [...times, now]);
  return offered.test(draftOf(offered.red, type, body));
}

function draftOf(red: RED, type: string, body: Record<string, unknown>): Draft {
  const id = typeof body.id === 'string' ? body.id : '';
  const deployed = red.nodes.getNode(id) as RedNode | null;
  const own = deployed?.type === type ? deployed : null;
  const config = record(body.config, 'config');
  const credentials: Record<string, string | undefined> = { ...own?.credentials };
  for (const [name, value] of Object.entries(record(body.credentials ?? {}, 'credentials')))
    if (typeof value === 'string' && value !== KEPT) credentials[name] = value;
  const raw: NodeDef = { ...config, id, type };
  // Variables of the node's flow and group count, as they will once it is deployed.
  const node = Object.assign(Object.create(own ?? null), { id, type, credentials }) as RedNode;
  return { raw, node, def: filled(red, node, raw) as NodeDef, ask: record(body.ask ?? {}, 'ask') };
}

/** As Node-RED: only what is one variable as a whole, and one that is not set stays as it is. */
function filled(red: RED, node: RedNode, value: unknown): unknown {
  if (typeof value === 'string')
    return /^\$\{[A-Za-z_]\w*\}$/.test(value) && unsetVariables(red, node, value).length === 0
      ? expand(red, node, value)
      : value;
  if (Array.isArray(value)) return value.map((each) => filled(red, node, each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(red, node, each)]));
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InvalidInputError(`${name}_invalid`, `"${name}" must be an object.`, name);
}
