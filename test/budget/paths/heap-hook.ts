/** Loaded into Node-RED (`--require`): counts what its thread allocates when the test says so. */
import { isMainThread } from 'node:worker_threads';
import { Heap, Sample } from '../heap';
import { SLOWER } from '../slower';

interface Question {
  question: number;
  count: 'start' | 'stop';
  why: boolean;
  units: number;
}

function answerQuestions(): void {
  const { BUDGET_SLOWER } = process.env;
  if (BUDGET_SLOWER) SLOWER[BUDGET_SLOWER]!();
  const heap = new Heap();
  let sample = new Sample();
  process.on('message', async ({ question, count, why, units }: Question) => {
    const tell = (reply: unknown) => process.send!({ answer: question, reply: reply ?? null });
    try {
      if (!why) tell(count === 'start' ? heap.start() : await heap.stop(units));
      else if (count === 'start') {
        sample = new Sample();
        tell(await sample.start());
      } else tell(await sample.stop(units));
    } catch (thrown) {
      process.send!({ answer: question, error: (thrown as Error).message });
    }
  });
}

if (isMainThread) answerQuestions();
