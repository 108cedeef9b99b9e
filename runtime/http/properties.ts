/** The properties that every receiver of HTTP has: `path`, `unsigned`, `maxBody`, `wait`. */
import { ConfigError } from '../../core/errors';
import { expand } from '../env';
import { numberProperty } from '../properties';
import type { NodeDef, RED, RedNode } from '../red';
import { pathPattern } from './paths';
import { DEFAULT_MAX_BODY, DEFAULT_WAIT_MS } from './receive';

export interface ReceiverProperties {
  path: string;
  unsigned: 'refuse' | 'allow';
  /** Bytes. */
  maxBody: number;
  /** Milliseconds. */
  wait: number;
}

/** The path alone, for a node whose other settings are wrong. @throws ConfigError */
export function pathProperty(red: RED, node: RedNode, def: NodeDef, fallback: string): string {
  const path = expand(red, node, typeof def.path === 'string' ? def.path.trim() : '') || fallback;
  return pathPattern(path).text;
}

/** @throws ConfigError naming the property */
export function receiverProperties(red: RED, node: RedNode, def: NodeDef, fallbackPath: string): ReceiverProperties {
  const unsigned = def.unsigned || 'refuse';
  if (unsigned !== 'refuse' && unsigned !== 'allow')
    throw new ConfigError('The property "unsigned" must be refuse or allow.');
  return {
    path: pathProperty(red, node, def, fallbackPath),
    unsigned,
    maxBody: numberProperty(def, 'maxBody', {
      default: DEFAULT_MAX_BODY,
      min: 1,
      max: 64 * 1024 * 1024,
      integer: true,
    }),
    wait: numberProperty(def, 'wait', { default: DEFAULT_WAIT_MS / 1000, min: 0.1, max: 600 }) * 1000,
  };
}
