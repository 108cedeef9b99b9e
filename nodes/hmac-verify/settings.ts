/** The settings of hmac verify as stored in a flow, turned into a scheme and secrets. */
import { ConfigError, InvalidInputError } from '../../core/errors';
import { presetOf } from '../../core/signature/presets';
import type { Scheme } from '../../core/signature/types';
import type { Secrets } from '../../core/signature/verify';
import { parseInstant } from '../../core/stock/time';
import { expand, unsetVariables } from '../../runtime/env';
import type { NodeDef, RED, RedNode } from '../../runtime/red';

export interface HmacVerifyDef extends NodeDef {
  scheme?: string;
  algorithm?: string;
  encoding?: string;
  header?: string;
  prefix?: string;
  signed?: string;
  secretEncoding?: string;
  tolerance?: number | string;
  timestamp?: string;
  nonce?: string;
  previousUntil?: string;
  reply?: boolean;
  ledger?: string;
}

/**
 * Blank means the preset's value where blank has no meaning of its own (a scheme without prefix or time has one).
 * @throws ConfigError
 */
export function readScheme(def: HmacVerifyDef): Scheme {
  const { source: _, ...preset } = presetOf(def.scheme || 'custom');
  const tolerance = def.tolerance === undefined || def.tolerance === '' ? preset.tolerance : Number(def.tolerance);
  return {
    kind: preset.kind,
    algorithm: (def.algorithm || preset.algorithm) as Scheme['algorithm'],
    encoding: (def.encoding || preset.encoding) as Scheme['encoding'],
    header: (def.header || preset.header).trim(),
    prefix: def.prefix ?? preset.prefix,
    signed: def.signed || preset.signed,
    secretEncoding: (def.secretEncoding || preset.secretEncoding) as Scheme['secretEncoding'],
    tolerance,
    timestamp: (def.timestamp ?? preset.timestamp).trim(),
    id: (def.nonce ?? preset.id).trim(),
  };
}

/** @param timeZone in which an end without a zone is read @throws ConfigError */
export function readSecrets(red: RED, node: RedNode, def: HmacVerifyDef, timeZone: string): Secrets {
  const previous = node.credentials?.previousSecret ?? '';
  return {
    current: expand(red, node, node.credentials?.secret ?? ''),
    // A variable that is not set means that there is no previous secret; that is no mistake.
    previous: unsetVariables(red, node, previous).length > 0 ? '' : expand(red, node, previous),
    previousUntil: readEnd(def.previousUntil ?? '', timeZone),
  };
}

function readEnd(text: string, timeZone: string): number | null {
  if (text.trim() === '') return null;
  try {
    return parseInstant(text.trim(), timeZone) / 1000;
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    throw new ConfigError(
      `"${text}" is not a time until which the previous secret is accepted. Write it like 2026-12-31T18:00.`,
      'previous_until_invalid',
    );
  }
}
