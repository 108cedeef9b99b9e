/** broker: the MQTT broker that scanners publish to, embedded (with device accounts) or external. */
import type { BrokerProblem } from '../../core/mqtt/delivery';
import { type BrokerNode, declareBroken, type HeldBroker, holdBroker } from '../../runtime/brokers';
import { offerTest } from '../../runtime/drafts';
import { onClose } from '../../runtime/on-close';
import type { NodeDef, RED, RedNode } from '../../runtime/red';
import { readSettings } from './settings';
import { passwordOf, SLOTS } from './slots';
import { tryBroker } from './try';

/** What went wrong with our own side; anything else is a device's. */
const OURS = new Set(['listen', 'broker', 'broker_connection', 'subscribe_refused', 'not_stored']);

export = function register(red: RED): void {
  function Broker(this: RedNode & { broker: HeldBroker | null }, def: NodeDef): void {
    red.nodes.createNode(this, def);
    this.broker = null;
    const report = ({ code, message }: BrokerProblem) => {
      if (OURS.has(code)) this.error(message);
      else this.warn(message);
    };
    try {
      const settings = readSettings(red, this, def);
      const { held, applied } = holdBroker(this.id, settings, report);
      this.broker = held;
      applied.catch((thrown: Error) => this.error(thrown));
      onClose(this, (removed) => held.release(removed));
    } catch (thrown) {
      this.error(thrown as Error);
      declareBroken(this, (thrown as Error).message);
    }
  }
  offerTest(red, 'shelfwire-broker', tryBroker(red));
  const slots = Array.from({ length: SLOTS }, (_, slot) => [passwordOf(slot), { type: 'password' as const }]);
  red.nodes.registerType('shelfwire-broker', Broker as unknown as (this: BrokerNode, def: NodeDef) => void, {
    credentials: { username: { type: 'text' }, password: { type: 'password' }, ...Object.fromEntries(slots) },
  });
};
