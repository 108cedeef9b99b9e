/** The network between a device (or our client) and a broker: it can be cut, lose one direction, or vanish half-open. */
import { connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  near: Socket;
  far: Socket;
  /** Nothing passes any more, not even the end of the other side. */
  vanished: boolean;
}

export class Line {
  /** Bytes towards the broker are lost. */
  loseUp = false;
  /** Bytes towards the device are lost. */
  loseDown = false;
  /** Connections that were made so far. */
  connections = 0;
  private readonly server: Server;
  private readonly pairs = new Set<Pair>();
  private readonly target: () => number;

  private constructor(target: () => number) {
    this.target = target;
    this.server = createServer({ allowHalfOpen: true }, (near) => this.join(near));
  }

  static async to(target: number | (() => number)): Promise<Line> {
    const line = new Line(typeof target === 'number' ? () => target : target);
    await new Promise<void>((resolve) => line.server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** Ends the open connections on both sides; new ones pass. */
  cut(): void {
    for (const { near, far } of this.pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** Whoever is connected now hears nothing any more, and nobody is told. New connections pass. */
  vanish(): void {
    for (const pair of this.pairs) pair.vanished = true;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(near: Socket): void {
    this.connections += 1;
    const far = connect(this.target(), '127.0.0.1');
    const pair: Pair = { near, far, vanished: false };
    this.pairs.add(pair);
    near.on('data', (bytes) => pair.vanished || this.loseUp || far.write(bytes));
    far.on('data', (bytes) => pair.vanished || this.loseDown || near.write(bytes));
    for (const [here, there] of [
      [near, far],
      [far, near],
    ] as const) {
      here.on('error', () => undefined);
      here.on('end', () => pair.vanished || there.end());
      here.on('close', () => {
        if (!pair.vanished) there.destroy();
        if (near.destroyed && far.destroyed) this.pairs.delete(pair);
      });
    }
  }
}
