/** catalogue in: a shop's feed over HTTP, CSV or JSON, as stock events; record stock answers with what became of each row. */
import { readCatalogue } from '../../connectors/catalogue/read';
import { CATALOGUE_SOURCE } from '../../connectors/catalogue/row';
import { CSV_TYPES, decodeText, formOf, JSON_TYPES } from '../../connectors/catalogue/text';
import { ConfigError, InvalidInputError } from '../../core/errors';
import type { Steps } from '../../core/steps';
import { named } from '../../core/stock/exact-json';
import { formatInstant, parseInstant } from '../../core/stock/time';
import { requireBearer, tokenOfNode } from '../../runtime/http/bearer';
import { mediaType } from '../../runtime/http/body';
import { holdOwnPath } from '../../runtime/http/hold';
import { receiverProperties } from '../../runtime/http/properties';
import { type HttpInput, prepareHttp, type ReadContent, receive } from '../../runtime/http/receive';
import type { NodeDef, RED, RedNode } from '../../runtime/red';
import { StatusLine } from '../../runtime/status';
import { defaultTimeZone, timeZoneOf } from '../../runtime/time-zone';

const PATH = '/api/catalogue/:store_id';
/** Room for about 200,000 rows. */
const MAX_BODY = 20 * 1024 * 1024;
/** Seconds: a whole catalogue takes longer to store than an event. */
const WAIT = 60;
/** Mistakes of the whole catalogue that is readable all the same: 422, not 400. */
const WRONG_CONTENT = new Set([
  'no_rows',
  'no_sku_column',
  'duplicate_column',
  'too_many_columns',
  'too_many',
  'not_a_time',
]);

export = function register(red: RED): void {
  prepareHttp(red);

  function CatalogueIn(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const status = new StatusLine(red, this);
    const filled: NodeDef = { ...def, maxBody: def.maxBody || MAX_BODY, wait: def.wait || WAIT };
    try {
      const properties = receiverProperties(red, this, filled, PATH);
      if (!properties.path.split('/').includes(':store_id'))
        throw new ConfigError(`The path "${properties.path}" does not say which store. Put :store_id into it.`);
      const timeZone = timeZoneOf(red, this, def.timeZone);
      // Without a token, hmac verify has to prove who sent it.
      const token = tokenOfNode(red, this);
      const checked = token !== '' && properties.unsigned === 'refuse';
      receive(red, this, {
        method: 'POST',
        types: [...CSV_TYPES, ...JSON_TYPES],
        status,
        ...properties,
        handler: async (input) => {
          if (checked) requireBearer(input, token);
          const { events } = await input.deliver({
            sender: CATALOGUE_SOURCE,
            ...(checked ? { verified: { by: 'bearer', key: 'current' } } : {}),
            read: (bytes) => readBody(input, bytes, timeZone),
          });
          status.show('received', { count: events.length });
        },
      });
      status.show('listening');
    } catch (thrown) {
      status.show('config');
      this.error(thrown as Error);
      holdOwnPath(red, this, def, PATH);
    }
  }
  red.nodes.registerType('shelfwire-catalogue-in', CatalogueIn, {
    credentials: { token: { type: 'password' } },
    // The dialog shows in which zone a time without one is read.
    settings: { shelfwireCatalogueInTimeZone: { value: defaultTimeZone(), exportable: true } },
  });
};

function* readBody(input: HttpInput, bytes: Buffer, timeZone: string): Steps<ReadContent> {
  const text = yield* decodeText(bytes, input.header('content-type') ?? '');
  const form = formOf(mediaType(input.req), text);
  const storeId = input.params.store_id ?? '';
  try {
    return yield* readCatalogue(text, { form, storeId, occurredAt: whenOf(input, timeZone), timeZone });
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError) || !WRONG_CONTENT.has(thrown.code)) throw thrown;
    const { code, message } = thrown;
    return { events: [], refusals: [{ index: 0, sku: null, code, message }] };
  }
}

/**
 * `?occurred_at=`, else when the request began: what sold while the feed came in is newer than the feed.
 * @throws InvalidInputError `not_a_time`
 */
function whenOf(input: HttpInput, timeZone: string): string {
  const given = input.query.get('occurred_at')?.trim();
  if (!given) return new Date(input.arrivedAt).toISOString();
  // In an address a plus sign stands for a blank.
  return named('occurred_at', () => formatInstant(parseInstant(given.replace(/ (?=\d{2}:?\d{2}$)/, '+'), timeZone)));
}
