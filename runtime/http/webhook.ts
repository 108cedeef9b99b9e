/** What the webhook nodes share: open the path, read, send the events on, show what came in. */
import type { NodeDef, RED, RedNode } from '../red';
import { StatusLine } from '../status';
import { defaultTimeZone } from '../time-zone';
import { holdOwnPath } from './hold';
import { receiverProperties } from './properties';
import { type Delivery, prepareHttp, receive } from './receive';

export interface Webhook {
  /** Type id of the node. */
  type: string;
  /** Path when none is given. */
  path: string;
  /** How this node reads and answers what comes to `path`. @throws ConfigError for a wrong property */
  delivery(red: RED, node: RedNode, def: NodeDef, path: string): Delivery;
}

const JSON_TYPES = ['application/json'];

export function registerWebhook(red: RED, webhook: Webhook): void {
  prepareHttp(red);

  function WebhookNode(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const status = new StatusLine(red, this);
    let count = 0;
    try {
      const properties = receiverProperties(red, this, def, webhook.path);
      const delivery = webhook.delivery(red, this, def, properties.path);
      receive(red, this, {
        method: 'POST',
        types: JSON_TYPES,
        status,
        ...properties,
        handler: async (input) => {
          const { events } = await input.deliver(delivery);
          count += events.length;
          status.show('received', { count });
        },
      });
      status.show('listening');
    } catch (thrown) {
      status.show('config');
      this.error(thrown as Error);
      holdOwnPath(red, this, def, webhook.path);
    }
  }
  // The dialog shows in which zone a time without one is read.
  const setting = `${webhook.type.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}TimeZone`;
  red.nodes.registerType(webhook.type, WebhookNode, {
    settings: { [setting]: { value: defaultTimeZone(), exportable: true } },
  });
}
