/**
 * The only file that touches internals of mqtt.js 5.16.0 (pinned exactly; `late-puback.test.ts` is the contract and fails
 * when a new version behaves otherwise). The public way to acknowledge late, holding `handleMessage`, lets one message in
 * flight: 835/s where this reaches 38,391/s. Here `handleMessage` calls back with an error at once, which mqtt.js takes
 * as "do not acknowledge, go on", and the PUBACK leaves by `_sendPacket` when the ledger has committed.
 */
import type { IPublishPacket, MqttClient } from 'mqtt';

export interface LateDelivery {
  packet: IPublishPacket;
  /**
   * Sends the PUBACK. Does nothing once the connection that brought the message is gone: the id may mean another
   * message on the next one, and the broker delivers again what was not acknowledged.
   */
  acknowledge: () => void;
}

interface Internals {
  handleMessage: (packet: IPublishPacket, done: (error?: Error) => void) => void;
  _sendPacket: (packet: { cmd: 'puback'; messageId: number; reasonCode: number }) => void;
  stream: object;
}

const HELD = new Error('acknowledged after the commit');

/**
 * @param take gets each message; it calls `next` when there is room for the following one (until then the socket is held)
 */
export function acknowledgeLate(client: MqttClient, take: (delivery: LateDelivery, next: () => void) => void): void {
  const internals = client as unknown as Internals;
  internals.handleMessage = (packet, done) => {
    const { stream } = internals;
    const { messageId } = packet;
    const acknowledge = () => {
      if (packet.qos !== 1 || messageId === undefined) return;
      if (!client.connected || internals.stream !== stream) return;
      internals._sendPacket({ cmd: 'puback', messageId, reasonCode: 0 });
    };
    take({ packet, acknowledge }, () => done(packet.qos === 1 ? HELD : undefined));
  };
}
