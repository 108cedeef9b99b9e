/**
 * Watches the frames of an MQTT connection before the broker's parser sees them. aedes gathers a packet of up to 256 MB
 * in memory before anybody is asked; here a packet that announces more than the limit ends the connection at its header.
 * The fixed header is one byte of type and one to four bytes of remaining length (MQTT 3.1.1 section 2.2).
 */
import type { Duplex } from 'node:stream';

const DISCONNECT = 14;

export interface FrameLimits {
  /** Largest first packet (the CONNECT) in bytes: nobody has been proven yet. */
  first: number;
  /** Largest packet after it. */
  packet: number;
}

export interface FrameEvents {
  tooLarge: (bytes: number) => void;
  /** The peer said goodbye. */
  disconnect: () => void;
  /** Something arrived. */
  heard: () => void;
}

export function guardFrames(connection: Duplex, limits: FrameLimits, events: FrameEvents): void {
  const read = connection.read.bind(connection);
  const scan = scanner(limits, events);
  // aedes pulls with read(); replacing it costs no copy and no extra stream between the socket and the broker.
  connection.read = (size?: number) => {
    const chunk: Buffer | null = read(size);
    if (chunk === null) return null;
    events.heard();
    if (scan(chunk)) return chunk;
    connection.destroy();
    return null;
  };
}

/** @returns a function that is given each chunk and answers false once a packet is too large */
function scanner(limits: FrameLimits, events: FrameEvents): (chunk: Buffer) => boolean {
  let type = -1;
  let lengthBytes = 0;
  let length = 0;
  let skip = 0;
  let first = true;

  const headerEnds = (): boolean => {
    const limit = first ? limits.first : limits.packet;
    first = false;
    if (type === DISCONNECT) events.disconnect();
    if (length > limit) {
      events.tooLarge(length);
      return false;
    }
    skip = length;
    type = -1;
    return true;
  };

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (skip > 0) {
        const step = Math.min(skip, chunk.length - at);
        skip -= step;
        at += step;
        continue;
      }
      const byte = chunk[at]!;
      at += 1;
      if (type < 0) {
        type = byte >> 4;
        length = 0;
        lengthBytes = 0;
        continue;
      }
      length += (byte & 0x7f) * 128 ** lengthBytes;
      lengthBytes += 1;
      if ((byte & 0x80) === 0 || lengthBytes === 4) {
        if (!headerEnds()) return false;
      }
    }
    return true;
  };
}
