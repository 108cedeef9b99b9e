/**
 * As much of an MQTT 5 broker as shared subscriptions need, for tests where none is installed: sessions that stay, one
 * member of a group for each message in turn, no more in flight than a member's receive maximum.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { frame, number, type Packet, readPackets, TYPE, text } from './packets';

interface Session {
  socket: Socket | null;
  receiveMaximum: number;
  filters: string[];
  waiting: { topic: string; payload: string }[];
  /** Sent and not acknowledged, by packet id. */
  flying: Map<number, { topic: string; payload: string }>;
}

const RECEIVE_MAXIMUM = 0x21;
const SESSION_EXPIRY = 0x11;

export class SharingBroker {
  readonly sessions = new Map<string, Session>();
  private readonly granted: 0 | 1;
  private readonly server: Server;
  private turn = 0;
  private id = 0;

  /** @param granted the QoS that a subscription gets */
  constructor(granted: 0 | 1 = 1) {
    this.granted = granted;
    this.server = createServer((socket) => this.accept(socket));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const { socket } of this.sessions.values()) socket?.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Gives the message to one member of the group. */
  publish(group: string, topic: string, payload: string): void {
    const members = [...this.sessions.values()].filter(({ filters }) =>
      filters.some((filter) => filter.startsWith(`$share/${group}/`)),
    );
    this.turn += 1;
    const member = members[this.turn % members.length]!;
    member.waiting.push({ topic, payload });
    this.deliver(member);
  }

  private accept(socket: Socket): void {
    let rest: Buffer = Buffer.alloc(0);
    let session: Session | null = null;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (session?.socket === socket) session.socket = null;
    });
    socket.on('data', (chunk: Buffer) => {
      const read = readPackets(Buffer.concat([rest, chunk]));
      rest = read.rest;
      for (const packet of read.packets) {
        if (packet.type === TYPE.connect) session = this.connect(socket, packet);
        else this.take(session!, packet);
      }
    });
  }

  private connect(socket: Socket, { body }: Packet): Session {
    if (body[6] !== 5) throw new Error('MQTT 5 is needed');
    const end = 11 + body[10]!;
    const properties = new Map<number, number>();
    for (let at = 11; at < end; ) {
      const name = body[at]!;
      const size = name === SESSION_EXPIRY ? 4 : 2;
      properties.set(name, body.readUIntBE(at + 1, size));
      at += 1 + size;
    }
    const clientId = body.subarray(end + 2, end + 2 + body.readUInt16BE(end)).toString();
    const old = this.sessions.get(clientId);
    const session: Session = old ?? { socket, receiveMaximum: 0, filters: [], waiting: [], flying: new Map() };
    session.socket = socket;
    session.receiveMaximum = properties.get(RECEIVE_MAXIMUM) ?? 65_535;
    this.sessions.set(clientId, session);
    socket.write(frame(TYPE.connack, 0, Buffer.from([old ? 1 : 0, 0, 0])));
    session.waiting.unshift(...session.flying.values());
    session.flying.clear();
    this.deliver(session);
    return session;
  }

  private take(session: Session, { type, body }: Packet): void {
    if (type === TYPE.pingreq) session.socket!.write(frame(TYPE.pingresp, 0, Buffer.alloc(0)));
    else if (type === TYPE.puback) {
      session.flying.delete(body.readUInt16BE(0));
      this.deliver(session);
    } else if (type === TYPE.subscribe) {
      const at = 3 + body[2]!;
      session.filters.push(body.subarray(at + 2, at + 2 + body.readUInt16BE(at)).toString());
      session.socket!.write(
        frame(TYPE.suback, 0, Buffer.concat([body.subarray(0, 2), Buffer.from([0, this.granted])])),
      );
    }
  }

  private deliver(session: Session): void {
    while (session.socket && session.flying.size < session.receiveMaximum) {
      const message = session.waiting.shift();
      if (!message) return;
      this.id = (this.id % 65_535) + 1;
      session.flying.set(this.id, message);
      const head = [text(message.topic), number(this.id), Buffer.from([0])];
      session.socket.write(frame(TYPE.publish, 2, Buffer.concat([...head, Buffer.from(message.payload)])));
    }
  }
}
