/**
 * Where simulated senders send to. Simulated numbers must never reach a real shop: before the first request, and again
 * at least every few seconds, the target's `GET /health` must say `"mode": "demo"`.
 */
import { SIMULATED_HEADER } from './http-server';

const RECHECK_MS = 3_000;

/** The target is not a demo, so nothing was sent. */
export class NotADemoError extends Error {
  readonly code = 'not_a_demo';
}

export class DemoTarget {
  readonly url: string;
  private checkedAt = 0;

  /** @param url where the webhook routes are, without a trailing slash */
  constructor(url: string) {
    this.url = url.replace(/\/$/, '');
  }

  /** Waits until the target is up. @throws NotADemoError as soon as it answers that it is something else than a demo */
  async ready(timeout = 60_000, signal?: AbortSignal): Promise<void> {
    const end = Date.now() + timeout;
    for (;;) {
      try {
        const health = await this.check();
        if (health.status === 200) return;
      } catch (thrown) {
        if (thrown instanceof NotADemoError || Date.now() > end) throw thrown;
      }
      if (Date.now() > end) throw new Error(`${this.url}/health is not well within ${timeout} ms`);
      signal?.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Sends one request, once it is sure that the target is a demo. Does not repeat it. @throws NotADemoError */
  async post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
    if (Date.now() - this.checkedAt > RECHECK_MS) await this.check();
    try {
      return await fetch(this.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', [SIMULATED_HEADER]: '1', ...headers },
        body: typeof body === 'string' ? body : Buffer.from(body),
        signal: AbortSignal.timeout(30_000),
      });
    } catch (thrown) {
      // It may be started again as something else.
      this.checkedAt = 0;
      throw thrown;
    }
  }

  private async check(): Promise<Response> {
    const answer = await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(5_000) });
    const { mode } = (await answer.json().catch(() => ({}))) as { mode?: unknown };
    if (typeof mode !== 'string')
      throw new Error(`${this.url}/health does not say whether it is a demo (${answer.status}). Nothing was sent.`);
    if (mode !== 'demo')
      throw new NotADemoError(
        `${this.url}/health says "${mode}". Simulated numbers go to a demo only; nothing was sent.`,
      );
    this.checkedAt = Date.now();
    return answer;
  }
}
