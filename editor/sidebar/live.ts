/**
 * The server says which lists have news (topic `shelfwire/news`, at most once a second), not what is in them: whoever
 * shows such a list reads it again. Nothing is polled, and what nobody looks at costs nothing.
 */

export type Topic = 'outlets' | 'pushes' | 'incoming' | 'problems' | 'devices' | 'debug';

type Listener = (topics: Topic[]) => void;

export function onNews(listener: Listener): void {
  RED.comms.subscribe('shelfwire/news', (_topic, topics) => {
    if (Array.isArray(topics)) listener(topics as Topic[]);
  });
}

/** Runs the work again and again as it is asked to, never twice at once; what is asked meanwhile counts once. */
export class Refresher {
  private running = false;
  private again = false;
  private readonly work: () => Promise<void>;

  constructor(work: () => Promise<void>) {
    this.work = work;
  }

  async run(): Promise<void> {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    try {
      do {
        this.again = false;
        await this.work();
      } while (this.again);
    } finally {
      this.running = false;
    }
  }
}
