/**
 * push request: a route by which other systems ask for a push or a sync. A push is written down before it is answered
 * 202, so that it happens even when the process ends right after.
 */
import { randomUUID } from 'node:crypto';
import { ConfigError, InvalidInputError, StorageError } from '../../core/errors';
import type { PushType } from '../../core/pushing/ticket';
import { isJsonObject, type JsonObject, parseExactJson, textMember } from '../../core/stock/exact-json';
import { requireBearer, tokenOfNode } from '../../runtime/http/bearer';
import { holdOwnPath } from '../../runtime/http/hold';
import { receiverProperties } from '../../runtime/http/properties';
import { type HttpInput, prepareHttp, receive } from '../../runtime/http/receive';
import { HttpProblem } from '../../runtime/http/replies';
import { type OutletsNode, outletsNode } from '../../runtime/outlets';
import type { Message, NodeDef, RED, RedNode } from '../../runtime/red';
import { StatusLine } from '../../runtime/status';

type Kind = 'push' | 'sync';

const PATHS: Record<Kind, string> = { push: '/api/push/:store_id', sync: '/api/sync/all' };
const MAX_BODY = 64 * 1024;

export = function register(red: RED): void {
  prepareHttp(red);

  function PushRequest(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const status = new StatusLine(red, this);
    const kind = def.kind === 'sync' ? 'sync' : 'push';
    let count = 0;
    try {
      const properties = receiverProperties(red, this, { ...def, maxBody: def.maxBody || MAX_BODY }, PATHS[kind]);
      const open = properties.unsigned === 'allow';
      const token = tokenOfNode(red, this);
      if (token === '' && !open)
        throw new ConfigError('The token is empty, so nobody may ask. Enter it in this node.', 'token_missing');
      const outlets = kind === 'push' ? pushOutlets(red, def, properties.path) : null;
      receive(red, this, {
        method: 'POST',
        types: ['application/json'],
        status,
        ...properties,
        handler: async (input) => {
          if (!open) requireBearer(input, token);
          const body = bodyOf(await input.content());
          const { message, id, text } = outlets
            ? await startPush(outlets, input, body, properties.wait)
            : askForSync(input, body);
          input.reply({ status: 202, body: { message: text, id } });
          count += 1;
          status.show('received', { count });
          this.send(message);
        },
      });
      status.show('listening');
    } catch (thrown) {
      status.show('config');
      this.error(thrown as Error);
      holdOwnPath(red, this, def, PATHS[kind]);
    }
  }
  red.nodes.registerType('shelfwire-push-request', PushRequest, { credentials: { token: { type: 'password' } } });
};

interface Asked {
  message: Message;
  id: string;
  text: string;
}

/** Deployed anew when its outlets are, so that the list is the current one. @throws ConfigError */
function pushOutlets(red: RED, def: NodeDef, path: string): OutletsNode {
  if (!path.split('/').includes(':store_id'))
    throw new ConfigError(`The path "${path}" does not say which store. Put :store_id into it.`);
  return outletsNode(red, def.outlets as string | undefined);
}

async function startPush(outlets: OutletsNode, input: HttpInput, body: JsonObject, wait: number): Promise<Asked> {
  const storeId = input.params.store_id ?? '';
  const type = typeOf(body);
  const outlet = outlets.list().find(({ definition }) => definition.store_id === storeId);
  if (!outlet)
    throw new HttpProblem(404, 'unknown_store', `There is no outlet with the store_id ${storeId.slice(0, 80)}.`);
  const { outlet: key, name, enabled } = outlet.definition;
  if (!enabled)
    throw new HttpProblem(
      409,
      'outlet_off',
      `Pushing is switched off for ${name || storeId}. Switch it on in its row.`,
    );
  const id = randomUUID();
  const start = { outlet: key, type, trigger: 'api', created_by: 'api', id } as const;
  const stored = outlets.ledger().then((ledger) => ledger.startPush(start));
  await within(stored, wait);
  return {
    id,
    text: `The ${type} push of ${name || storeId} has been written down and starts now.`,
    // Changed stock goes on with the push of this id: the ticket has no entries yet.
    message: { payload: { store_id: storeId, type }, push: { id } as never, push_request: { id } },
  };
}

function askForSync(input: HttpInput, body: JsonObject): Asked {
  const id = randomUUID();
  const productId = input.params.product_id;
  const payload =
    productId !== undefined ? { product_id: productId } : body.changed === true ? { changed: true } : { all: true };
  const what =
    productId === undefined ? 'The sync has been asked for.' : `The sync of ${productId} has been asked for.`;
  return { id, text: what, message: { payload, sync_request: { id } } };
}

/** An empty body asks for the usual. @throws HttpProblem 422, InvalidInputError `malformed_json` */
function bodyOf(content: Buffer): JsonObject {
  if (content.toString('latin1').trim() === '') return {};
  const body = parseExactJson(content);
  if (isJsonObject(body)) return body;
  throw new HttpProblem(422, 'not_an_object', 'The body has to be an object like {"type": "partial"}, or empty.');
}

/** @throws HttpProblem 422 */
function typeOf(body: JsonObject): PushType {
  let type: string | undefined;
  try {
    type = textMember(body, 'type') ?? 'partial';
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
  }
  if (type === 'full' || type === 'partial') return type;
  throw new HttpProblem(422, 'wrong_type', 'type has to be "full" or "partial". Nothing was started.');
}

/** @throws StorageError when it takes longer; the push may be written down all the same, which does no harm */
async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StorageError('too_slow', 'The push could not be written down in time. Ask again.')),
      milliseconds,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
