/**
 * A program of the bench in a process of its own, pinned to a core, that is asked over IPC and ends with the bench.
 * Its side is `answerQuestions`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { pinnedTo } from './pinned';

type Answer = { id: number; reply?: unknown; error?: string };

export class Worker {
  private readonly child: ChildProcess;
  private readonly questions = new Map<number, { resolve(reply: unknown): void; reject(error: Error): void }>();
  private readonly ended: Promise<void>;
  private asked = 0;

  /** @param file a compiled program that calls `answerQuestions` */
  constructor(file: string, core: number, env: NodeJS.ProcessEnv = {}) {
    const [command, ...args] = [...pinnedTo(core), process.execPath, file];
    this.child = spawn(command!, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.child.on('message', ({ id, reply, error }: Answer) => {
      const question = this.questions.get(id);
      this.questions.delete(id);
      if (error === undefined) question?.resolve(reply);
      else question?.reject(new Error(error));
    });
    this.ended = new Promise((resolve) => {
      const end = (why: string) => {
        for (const { reject } of this.questions.values()) reject(new Error(`${file} ${why}`));
        this.questions.clear();
        resolve();
      };
      this.child.once('close', (code, signal) => end(`ended with ${code ?? signal}`));
      this.child.once('error', (error) => end(error.message));
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  ask<T>(question: unknown): Promise<T> {
    this.asked += 1;
    const id = this.asked;
    return new Promise<T>((resolve, reject) => {
      this.questions.set(id, { resolve: resolve as (reply: unknown) => void, reject });
      this.child.send({ id, question }, (error) => error && reject(error));
    });
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** What a program of the bench does with the questions that it is asked, one after the other or at once. */
export function answerQuestions<Question>(answer: (question: Question) => unknown): void {
  process.on('message', async ({ id, question }: { id: number; question: Question }) => {
    try {
      process.send?.({ id, reply: await answer(question) } satisfies Answer);
    } catch (thrown) {
      process.send?.({ id, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) });
    }
  });
  process.on('disconnect', () => process.exit(0));
}
