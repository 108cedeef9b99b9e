/** Where a shop's pushes go: variables and the store's id put in. */
import { ConfigError } from '../../core/errors';
import { checkEndpoint } from '../../core/pushing/addresses';
import type { OutletRow } from '../../core/settings/outlet-change';
import { expand, unsetVariables } from '../../runtime/env';
import type { RED, RedNode } from '../../runtime/red';
import type { OutletsConfig } from './config';
import type { Environment } from './keys';

/** @throws ConfigError `endpoint_invalid`, `variable_unset` */
export function endpointOf({ endpoint: common }: OutletsConfig, row: OutletRow, environment: Environment): string {
  const text = environment.expand(row.endpoint || common);
  if (text === '') throw new ConfigError('it has no endpoint. Enter the address of the platform.', 'endpoint_invalid');
  if (/^\.{1,2}$/.test(row.store_id))
    throw new ConfigError(`the store id "${row.store_id}" cannot stand in an address.`, 'endpoint_invalid');
  return checkEndpoint(text.replaceAll('{store_id}', encodeURIComponent(row.store_id))).href;
}

export function environmentOf(red: RED, node: RedNode): Environment {
  return {
    expand: (text) => expand(red, node, text),
    get(name) {
      const placeholder = `\${${name}}`;
      const known = /^[A-Za-z_]\w*$/.test(name) && unsetVariables(red, node, placeholder).length === 0;
      return known ? expand(red, node, placeholder) : undefined;
    },
  };
}

const SHORTEST_KEY = 8;

/** What stands in the query of an address may be a key. */
export function queryOf(endpoint: string | null): string[] {
  if (endpoint === null) return [];
  return [...new URL(endpoint).searchParams.values()].filter((value) => value.length >= SHORTEST_KEY);
}
