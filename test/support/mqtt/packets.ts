/** MQTT 3.1.1 packets as bytes, also those that no client library would write. */
export const TYPE = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

export interface Packet {
  type: number;
  flags: number;
  body: Buffer;
}

export interface Connect {
  clientId?: string;
  username?: string;
  password?: string;
  clean?: boolean;
  keepalive?: number;
  will?: { topic: string; payload: string; qos?: 0 | 1 | 2; retain?: boolean };
  protocol?: string;
  level?: number;
}

export interface Publish {
  qos?: 0 | 1 | 2;
  id?: number;
  dup?: boolean;
  retain?: boolean;
}

export function frame(type: number, flags: number, body: Buffer): Buffer {
  const header = [(type << 4) | flags];
  let rest = body.length;
  do {
    header.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from(header), body]);
}

export function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([number(bytes.length), bytes]);
}

export function number(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

export function connect(options: Connect = {}): Buffer {
  const { clientId = '', username, password, clean = true, keepalive = 0, will } = options;
  let flags = clean ? 0x02 : 0;
  const payload = [text(clientId)];
  if (will) {
    flags |= 0x04 | ((will.qos ?? 0) << 3) | (will.retain ? 0x20 : 0);
    payload.push(text(will.topic), text(will.payload));
  }
  if (username !== undefined) {
    flags |= 0x80;
    payload.push(text(username));
  }
  if (password !== undefined) {
    flags |= 0x40;
    payload.push(text(password));
  }
  const head = Buffer.concat([
    text(options.protocol ?? 'MQTT'),
    Buffer.from([options.level ?? 4, flags]),
    number(keepalive),
  ]);
  return frame(TYPE.connect, 0, Buffer.concat([head, ...payload]));
}

export function publish(topic: string | Buffer, payload: string | Buffer, options: Publish = {}): Buffer {
  const { qos = 1, id = 1, dup = false, retain = false } = options;
  const flags = (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
  const head = qos > 0 ? [text(topic), number(id)] : [text(topic)];
  return frame(TYPE.publish, flags, Buffer.concat([...head, Buffer.from(payload as string)]));
}

export const pubrel = (id: number): Buffer => frame(TYPE.pubrel, 2, number(id));
export const puback = (id: number): Buffer => frame(TYPE.puback, 0, number(id));
export const pingreq = (): Buffer => frame(TYPE.pingreq, 0, Buffer.alloc(0));
export const disconnect = (): Buffer => frame(TYPE.disconnect, 0, Buffer.alloc(0));

export function subscribe(id: number, filters: [filter: string, qos: 0 | 1 | 2][]): Buffer {
  const wanted = filters.map(([filter, qos]) => Buffer.concat([text(filter), Buffer.from([qos])]));
  return frame(TYPE.subscribe, 2, Buffer.concat([number(id), ...wanted]));
}

export function unsubscribe(id: number, filters: string[]): Buffer {
  return frame(TYPE.unsubscribe, 2, Buffer.concat([number(id), ...filters.map(text)]));
}

/** Takes the whole packets from the front of `bytes`. */
export function readPackets(bytes: Buffer): { packets: Packet[]; rest: Buffer } {
  const packets: Packet[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    let length = 0;
    let next = at + 1;
    for (let shift = 1; next < bytes.length; shift *= 128) {
      const byte = bytes[next]!;
      next += 1;
      length += (byte & 0x7f) * shift;
      if (byte < 0x80) break;
    }
    if (bytes[next - 1]! >= 0x80 || next + length > bytes.length) break;
    packets.push({ type: bytes[at]! >> 4, flags: bytes[at]! & 15, body: bytes.subarray(next, next + length) });
    at = next + length;
  }
  return { packets, rest: bytes.subarray(at) };
}
