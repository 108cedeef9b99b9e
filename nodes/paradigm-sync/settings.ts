/** The settings of paradigm sync as stored in a flow (or typed in its dialog), read and checked. */

import { type Paging, ParadigmApi } from '../../connectors/paradigm/api';
import { type FieldRow, readFields } from '../../connectors/paradigm/fields';
import { type StoreMap, storeMap } from '../../connectors/store-map';
import { arrivalTime } from '../../core/clock';
import { ConfigError } from '../../core/errors';
import { checkEndpoint } from '../../core/pushing/addresses';
import type { HttpClient } from '../../core/pushing/http';
import { expand } from '../../runtime/env';
import { type LedgerNode, ledgerNode } from '../../runtime/ledgers';
import { numberProperty } from '../../runtime/properties';
import type { NodeDef, RED, RedNode } from '../../runtime/red';
import { inSlices } from '../../runtime/slices';

export interface Settings {
  api: ParadigmApi;
  url: string;
  fields: FieldRow[];
  stores: StoreMap;
  defaultStore: string;
  /** Name of Paradigm's field that says when an item changed; '' = all items are read instead. */
  changedField: string;
  attempts: number;
  /** Milliseconds. */
  wait: number;
  ledger: LedgerNode | null;
}

/** @throws ConfigError */
export function readSettings(red: RED, node: RedNode, def: NodeDef, request: HttpClient): Settings {
  const text = (name: string) => (typeof def[name] === 'string' ? expand(red, node, def[name]).trim() : '');
  const url = addressOf(text('url'));
  const paging = (def.paging || 'path') as Paging;
  if (paging !== 'path' && paging !== 'query') throw new ConfigError('The property "paging" must be path or query.');
  const stores = storeMap(def.storeMap, (cell) => expand(red, node, cell));
  const seconds = (name: string, fallback: number) =>
    numberProperty(def, name, { default: fallback, min: 0.1, max: 600 }) * 1000;
  const api = new ParadigmApi({
    url,
    paging,
    size: numberProperty(def, 'size', { default: 500, min: 1, max: 5_000, integer: true }),
    apiKey: expand(red, node, node.credentials?.api_key ?? '').trim(),
    timeout: seconds('timeout', 30),
    request,
    now: arrivalTime,
    work: inSlices,
  });
  return {
    api,
    url,
    fields: readFields(def.fields),
    stores,
    defaultStore: text('defaultStore'),
    changedField: text('changedField'),
    attempts: numberProperty(def, 'attempts', { default: 8, min: 1, max: 100, integer: true }),
    wait: seconds('wait', 60),
    ledger: def.ledger ? ledgerNode(red, def.ledger as string) : null,
  };
}

/** Not quoted when it is wrong: it may hold a password. @throws ConfigError `url_invalid` */
function addressOf(text: string): string {
  try {
    checkEndpoint(text);
  } catch (thrown) {
    const why = (thrown as Error).message.replace('The endpoint', 'The address of the list');
    throw new ConfigError(`${why} Example: https://…/api/Items/GetItems.`, 'url_invalid');
  }
  return text.replace(/\/$/, '');
}
