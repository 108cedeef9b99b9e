/**
 * What devices publish, on its way from aedes into the flow: only to the two topics of their own account, held until it is
 * stored. Calling `done` acknowledges; calling it with an error ends the connection, so that the device sends again.
 */
import type { Client } from 'aedes';
import type { DeviceAccount } from './accounts';
import type { BrokerProblem } from './delivery';
import type { DeviceIdentity, DeviceRegistry } from './devices';
import type { FairGate } from './fair-gate';
import { notStored, tooLarge, topicRefused } from './problems';
import type { DeliveryRouter } from './router';
import { statusTopic, stockTopic } from './topics';

export interface IntakeOptions {
  accountOf: (client: Client) => DeviceAccount | null;
  devices: DeviceRegistry;
  gate: FairGate;
  router: DeliveryRouter;
  problem: (problem: BrokerProblem) => void;
  changed: () => void;
  /** Bytes of one message. */
  maxPayload: number;
  /** Milliseconds before a connection is closed because its message could not be stored: devices come back at once. */
  dropDelay: number;
}

export interface Published {
  topic: string;
  payload: Buffer | string;
  qos: 0 | 1 | 2;
  retain: boolean;
}

const EMPTY = Buffer.alloc(0);

type Done = (error?: Error | null) => void;

/** Bytes of a state or a will. */
export const MAX_STATUS = 4 * 1024;

export class Intake {
  private readonly options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.options = options;
  }

  take(client: Client | null, packet: Published, done: Done): void {
    // Retained messages would stay in memory for ever, and nobody may read them.
    packet.retain = false;
    const account = client && this.options.accountOf(client);
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
    if (!client || !account) done(new Error('no device account'));
    else if (packet.topic === stockTopic(account.store_id)) this.takeStock(client, account, packet, payload, done);
    else if (packet.topic === statusTopic(account.store_id, account.account)) this.takeStatus(account, payload, done);
    else {
      this.options.problem(topicRefused(account, packet.topic));
      done(new Error('topic refused'));
    }
  }

  private takeStatus(account: DeviceAccount, payload: Buffer, done: Done): void {
    if (payload.length > MAX_STATUS) {
      this.options.problem(tooLarge(account.account, payload.length, MAX_STATUS));
      done(new Error('too large'));
      return;
    }
    this.options.devices.status(identityOf(account), payload);
    this.options.changed();
    done(null);
  }

  private takeStock(client: Client, account: DeviceAccount, packet: Published, payload: Buffer, done: Done): void {
    if (payload.length > this.options.maxPayload) {
      this.options.problem(tooLarge(account.account, payload.length, this.options.maxPayload));
      done(new Error('too large'));
      return;
    }
    this.options.gate.enter(client, payload.length, (leave) => {
      // Dropped unseen, unacknowledged: the device sends it again.
      if (client.closed) {
        leave();
        return;
      }
      const { topic, qos } = packet;
      this.options.router.deliver({ topic, payload, qos, account: account.account }).then(
        () => {
          leave();
          // What aedes does with a packet from here on needs no content.
          packet.payload = EMPTY;
          done(null);
        },
        (error: unknown) => {
          this.options.problem(notStored(account.account, qos, 'device', error));
          const drop = setTimeout(() => {
            leave();
            done(new Error('not stored'));
          }, this.options.dropDelay);
          drop.unref();
        },
      );
    });
  }
}

/** The device that an account stands for. */
export function identityOf({ account, store_id, name, disabled }: DeviceAccount): DeviceIdentity {
  return { id: account, store_id, name, ...(disabled ? { disabled } : {}) };
}
