/** The check that the parts of a scheme fit together, so that a mistake shows at deploy and not as a lost request. */
import { ConfigError } from '../errors';
import { compileTemplate } from './template';
import { ALGORITHMS, ENCODINGS, type Scheme, SECRET_ENCODINGS } from './types';

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SOURCE = /^(header|json|signature):(.+)$/;

/** @throws ConfigError naming the property that is wrong and the remedy */
export function checkScheme(scheme: Scheme): void {
  if (!HEADER_NAME.test(scheme.header))
    throw new ConfigError(
      `"${scheme.header}" is not the name of a header. Write it like X-Signature.`,
      'header_invalid',
    );
  if (scheme.kind !== 'hmac') return;
  oneOf('algorithm', scheme.algorithm, ALGORITHMS);
  oneOf('encoding', scheme.encoding, ENCODINGS);
  oneOf('secretEncoding', scheme.secretEncoding, SECRET_ENCODINGS);
  if (!Number.isFinite(scheme.tolerance) || scheme.tolerance < 0)
    throw new ConfigError('The tolerance has to be a number of seconds, 0 or more.', 'tolerance_invalid');
  const template = compileTemplate(scheme.signed);
  if (template.names.length === 0)
    throw new ConfigError(
      `What is signed ("${scheme.signed}") names no part of the request, so every request would pass. Use for instance {body}.`,
      'signed_invalid',
    );
  for (const [property, placeholder] of [
    ['timestamp', '{timestamp}'],
    ['id', '{id}'],
  ] as const) {
    const source = scheme[property];
    if (source !== '' && !isSource(source))
      throw new ConfigError(
        `"${source}" does not say where the ${property} is. Write header:<name>, json:<path> or signature:<name>.`,
        `${property}_invalid`,
      );
    if (source === '' && template.names.includes(placeholder.slice(1, -1)))
      throw new ConfigError(
        `What is signed contains ${placeholder}, but it is not said where the ${property} is.`,
        `${property}_missing`,
      );
    if (source !== '' && !covered(source, placeholder.slice(1, -1), template.names))
      throw new ConfigError(
        `The ${property} (${source}) is not part of what is signed, so it proves nothing. Add ${placeholder} to what is signed, or leave the ${property} empty.`,
        `${property}_unsigned`,
      );
  }
  if (scheme.tolerance > 0 && scheme.timestamp === '')
    throw new ConfigError(
      'A tolerance needs a signed time. Say where the time is, or set the tolerance to 0.',
      'tolerance_without_time',
    );
}

function isSource(source: string): boolean {
  const match = SOURCE.exec(source);
  return match !== null && (match[1] === 'json' || HEADER_NAME.test(match[2]!));
}

/** True when changing the value would change the signed bytes. */
function covered(source: string, placeholder: string, names: string[]): boolean {
  if (names.includes(placeholder)) return true;
  return source.startsWith('json:') && (names.includes('body') || names.includes(source));
}

function oneOf(property: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value))
    throw new ConfigError(`"${value}" is not a known ${property}. Choose one of ${allowed.join(', ')}.`);
}
