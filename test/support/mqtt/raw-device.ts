/** An in-store device on a bare socket: it does exactly what a test says, and nothing by itself. */
import { connect as connectTcp, type Socket } from 'node:net';
import { eventually } from '../eventually';
import { type Connect, connect, type Packet, type Publish, publish, readPackets, TYPE } from './packets';

export class RawDevice {
  readonly received: Packet[] = [];
  closed = false;
  readonly socket: Socket;
  private rest: Buffer = Buffer.alloc(0);

  constructor(port: number) {
    this.socket = connectTcp(port, '127.0.0.1');
    this.socket.on('data', (chunk: Buffer) => {
      const { packets, rest } = readPackets(Buffer.concat([this.rest, chunk]));
      this.received.push(...packets);
      this.rest = rest;
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  /** @returns the return code of the CONNACK, or null when the connection was closed without one */
  async connect(options: Connect): Promise<number | null> {
    const before = this.received.length;
    this.send(connect(options));
    await eventually(() => this.closed || this.received.length > before, 5_000, 'CONNACK');
    const answer = this.received[before];
    return answer?.type === TYPE.connack ? answer.body[1]! : null;
  }

  send(bytes: Buffer): void {
    if (!this.closed) this.socket.write(bytes);
  }

  publish(topic: string, payload: unknown, options: Publish = {}): void {
    this.send(publish(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), options));
  }

  /** Packet ids of the answers of one type, in order. */
  ids(type: keyof typeof TYPE): number[] {
    return this.received.filter((packet) => packet.type === TYPE[type]).map(({ body }) => body.readUInt16BE(0));
  }

  has(type: keyof typeof TYPE): boolean {
    return this.received.some((packet) => packet.type === TYPE[type]);
  }

  /** Cuts the connection without a goodbye. */
  cut(): void {
    this.socket.destroy();
  }
}
