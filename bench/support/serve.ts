/** The other end of child.ts: answers the questions of the process that started this one, and ends with it. */
import type { Answer, Question } from './child';

export function serve(handlers: Record<string, (...args: never[]) => unknown>): void {
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ id, name, args }: Question) => {
    const tell = (answer: Answer) => process.send!(answer);
    try {
      const handler = handlers[name];
      if (!handler) throw new Error(`"${name}" is not known`);
      tell({ id, value: await handler(...(args as never[])) });
    } catch (thrown) {
      tell({ id, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) });
    }
  });
}
