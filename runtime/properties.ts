/** Numbers in a node's properties: forms store texts, hand-written flows numbers. */
import { ConfigError } from '../core/errors';
import type { NodeDef } from './red';

export interface NumberRule {
  default: number;
  min: number;
  max: number;
  integer?: boolean;
}

/** @throws ConfigError `config_invalid` naming the property and its range */
export function numberProperty(def: NodeDef, name: string, rule: NumberRule): number {
  const given = def[name];
  if (given === undefined || given === null || given === '') return rule.default;
  const value = typeof given === 'string' ? Number(given.trim() || Number.NaN) : given;
  if (typeof value === 'number' && value >= rule.min && value <= rule.max && (!rule.integer || Number.isInteger(value)))
    return value;
  const kind = rule.integer ? 'a whole number' : 'a number';
  throw new ConfigError(
    `The property "${name}" must be ${kind} from ${rule.min} to ${rule.max}, not "${String(given)}".`,
  );
}
