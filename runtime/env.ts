/**
 * Environment variables in properties. Node-RED expands `${NAME}` only when it is a property's whole value; Shelfwire
 * also inside a longer text and in credentials, looked up as Node-RED does (group, subflow, flow, then the process).
 */
import { ConfigError } from '../core/errors';
import { redactor } from '../core/pushing/redact';
import type { RED } from './red';

const PLACEHOLDER = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Names in `text` that have no value. */
export function unsetVariables(red: RED, node: unknown, text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)]
    .map((match) => match[1]!)
    .filter((name) => lookUp(red, node, name) === undefined);
}

/** `text` with every variable replaced. @throws ConfigError `variable_unset` naming the variable */
export function expand(red: RED, node: unknown, text: string): string {
  return text.replaceAll(PLACEHOLDER, (_, name: string) => {
    const value = lookUp(red, node, name);
    if (value === undefined)
      throw new ConfigError(
        `The environment variable ${name} is not set. Set it and start Node-RED again.`,
        'variable_unset',
      );
    return value;
  });
}

function lookUp(red: RED, node: unknown, name: string): string | undefined {
  const value = red.util.getSetting(node, name) ?? process.env[name];
  return value === undefined || value === null || value === '' ? undefined : String(value);
}

/** Names of variables that hold secrets, as everybody writes them. */
const SECRET_NAME = /(?:KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?)(?:_|$)/i;
const SHORTEST_SECRET = 8;

/**
 * `text` without the secrets of the environment: for names that are shown everywhere. Node-RED puts the value of a
 * variable into any property that names it, also where an operator chose the wrong one.
 */
export function withoutSecrets(text: string): string {
  const secrets = Object.entries(process.env)
    .filter(([name, value]) => SECRET_NAME.test(name) && (value ?? '').length >= SHORTEST_SECRET)
    .map(([, value]) => value!);
  return redactor(secrets)(text);
}
