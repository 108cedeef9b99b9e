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

/**
 * Runs the work again and again as it is asked to, never twice at once; what is asked meanwhile counts once. Whoever asks
 * waits for work that began after the question.
 */
export class Refresher {
  private running: Promise<void> | null = null;
  private again = false;
  private readonly work: () => Promise<void>;

  constructor(work: () => Promise<void>) {
    this.work = work;
  }

  run(): Promise<void> {
    this.again = true;
    this.running ??= this.loop().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async loop(): Promise<void> {
    while (this.again) {
      this.again = false;
      await this.work();
    }
  }
}
