/**
 * A real Node-RED process for tests: own user folder, free port, the pack loaded from this repository. Silent; what it
 * printed is in every error message.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { freePort } from './free-port';
import { type TempFolder, tempFolder } from './temp-folder';

export type FlowEntry = { id: string; type: string } & Record<string, unknown>;

export interface NodeRedOptions {
  flows?: FlowEntry[];
  /** By node id, in plain text. */
  credentials?: Record<string, Record<string, string>>;
  /** Added to (and instead of) the test's settings; JSON values. */
  settings?: { httpAdminRoot?: string | false; httpNodeRoot?: string } & Record<string, unknown>;
  env?: Record<string, string>;
  /** A folder to keep over restarts; by default a new one that `stop` removes. With flows already in it, leave `flows` out. */
  userDir?: string;
  port?: number;
  /** This settings file instead of the test's own; `settings`, `flows` and `credentials` are not written then. */
  settingsFile?: string;
  /** Node-RED's program; by default the repository's. */
  program?: string;
  /** Where packs are looked for besides the user folder; by default this repository. */
  nodesDir?: string[];
  /** Characters of what is printed that are kept, the last ones; default 200,000. */
  keepLogs?: number;
  /** A command with its arguments that starts the process in its place, such as `unshare`. */
  through?: string[];
  /** Milliseconds until the flows have to run. */
  timeout?: number;
  /** Modules that the process loads before Node-RED. */
  preload?: string[];
  /** Options of Node.js itself. */
  flags?: readonly string[];
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunningNodeRed {
  /** `http://127.0.0.1:<port>`, where the webhook routes are (with `httpNodeRoot` `/`). */
  readonly url: string;
  /** The same with `httpAdminRoot`, without a trailing slash. */
  readonly adminUrl: string;
  readonly port: number;
  readonly userDir: string;
  readonly pid: number;
  /** Everything printed so far. */
  logs(): string;
  /** Replaces the flows by the Admin API and waits until the new ones have started. */
  deploy(flows: FlowEntry[], type?: 'full' | 'nodes' | 'flows' | 'reload'): Promise<void>;
  /** Ends it as an operator does (SIGTERM) and removes its temporary folder. */
  stop(): Promise<void>;
  /** Ends it as a power cut does; a folder given as `userDir` stays. */
  kill9(): Promise<void>;
  /** How it ended, whoever ended it. */
  readonly ended: Promise<Ended>;
  /** Asks a preloaded module, which answers `{reply}` over IPC. */
  ask(question: Record<string, unknown>): Promise<unknown>;
}

/** The repository's root, seen from dist/test/support. */
export const ROOT = resolve(__dirname, '../../..');

export async function startNodeRed(options: NodeRedOptions = {}): Promise<RunningNodeRed> {
  const port = options.port ?? (await freePort());
  const temp: TempFolder | null = options.userDir ? null : tempFolder('node-red');
  const userDir = options.userDir ?? temp!.path;
  const settingsFile = options.settingsFile ?? writeSettings(userDir, port, options);
  const adminRoot = options.settings?.httpAdminRoot || '/';
  const url = `http://127.0.0.1:${port}`;
  const adminUrl = `${url}${adminRoot === '/' ? '' : adminRoot}`;

  const program = options.program ?? require.resolve('node-red/red.js', { paths: [ROOT] });
  const preload = [join(__dirname, 'node-red-hook.js'), ...(options.preload ?? [])];
  const args = [...preload.flatMap((file) => ['--require', file]), program, '--settings', settingsFile];
  const [command, ...rest] = [
    ...(options.through ?? []),
    process.execPath,
    ...(options.flags ?? []),
    ...args,
    '--no-telemetry',
  ];
  const child = spawn(command!, rest, {
    cwd: dirname(settingsFile),
    env: { ...cleanEnvironment(), NODE_PATH: join(program, '../..'), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const watched = new Watched(child, options.keepLogs ?? 200_000);
  try {
    await watched.next('flows-started', options.timeout ?? 30_000);
    await answers(url, watched, options.timeout ?? 30_000);
  } catch (thrown) {
    await watched.end('SIGKILL');
    temp?.remove();
    throw thrown;
  }
  return {
    url,
    adminUrl,
    port,
    userDir,
    pid: child.pid!,
    logs: () => watched.output,
    async deploy(flows, type = 'full') {
      const started = watched.next('flows-started', 30_000);
      started.catch(() => {});
      const answer = await fetch(`${adminUrl}/flows`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Node-RED-Deployment-Type': type },
        body: JSON.stringify(flows),
      });
      if (!answer.ok) throw new Error(`deploy answered ${answer.status} ${await answer.text()}\n${watched.output}`);
      await started;
    },
    async stop() {
      await watched.end('SIGTERM');
      temp?.remove();
    },
    async kill9() {
      await watched.end('SIGKILL');
      temp?.remove();
    },
    ended: watched.exited,
    ask: (question) => watched.ask(question),
  };
}

function writeSettings(userDir: string, port: number, options: NodeRedOptions): string {
  if (options.flows) writeFileSync(join(userDir, 'flows.json'), JSON.stringify(options.flows));
  if (options.credentials) writeFileSync(join(userDir, 'flows_cred.json'), JSON.stringify(options.credentials));
  const settings = {
    userDir,
    uiHost: '127.0.0.1',
    uiPort: port,
    flowFile: 'flows.json',
    credentialSecret: false,
    nodesDir: options.nodesDir ?? [ROOT],
    lang: 'en-US',
    telemetry: { enabled: false, updateNotification: false },
    diagnostics: { enabled: true, ui: false },
    editorTheme: { tours: false, projects: { enabled: false } },
    logging: { console: { level: 'info', metrics: false, audit: false } },
    ...options.settings,
  };
  const file = join(userDir, 'settings.js');
  writeFileSync(file, `module.exports = ${JSON.stringify(settings, null, 2)};\n`);
  return file;
}

/** The environment without what would change a test: an operator's own Shelfwire settings, mocha's options. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const own = /^(SHELFWIRE_|PARADIGM_|MIPOS_|PASONS_|SCANNER_|NODE_RED_|NODE_OPTIONS$|PORT$|HOST$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

/** The admin and node routes are mounted; any answer will do. */
async function answers(url: string, watched: Watched, timeout: number): Promise<void> {
  const end = Date.now() + timeout;
  while (watched.running) {
    try {
      await (await fetch(url, { redirect: 'manual' })).arrayBuffer();
      return;
    } catch (thrown) {
      if (Date.now() > end) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`Node-RED ended:\n${watched.output}`);
}

class Watched {
  output = '';
  private readonly child: ChildProcess;
  readonly exited: Promise<Ended>;
  private readonly questions = new Map<number, { resolve: (reply: unknown) => void; reject: (error: Error) => void }>();
  private asked = 0;
  private waiting: { what: string; resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(child: ChildProcess, keep: number) {
    this.child = child;
    const add = (piece: Buffer) => {
      this.output = (this.output + piece.toString()).slice(-keep);
    };
    child.stdout?.on('data', add);
    child.stderr?.on('data', add);
    child.on('message', (message: { shelfwire?: string; answer?: number; reply?: unknown; error?: string }) => {
      if (message.answer !== undefined) {
        const question = this.questions.get(message.answer);
        this.questions.delete(message.answer);
        if (message.error === undefined) question?.resolve(message.reply);
        else question?.reject(new Error(message.error));
        return;
      }
      if (message.shelfwire === 'missing-types') this.fail('types of the flow are missing');
      const met = this.waiting.filter((one) => one.what === message.shelfwire);
      this.waiting = this.waiting.filter((one) => one.what !== message.shelfwire);
      for (const one of met) one.resolve();
    });
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.fail(`it ended with ${code ?? signal}`);
        resolve({ code, signal });
      });
      child.once('error', (error) => {
        this.fail(error.message);
        resolve({ code: null, signal: null });
      });
    });
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  ask(question: Record<string, unknown>): Promise<unknown> {
    this.asked += 1;
    const id = this.asked;
    return new Promise((resolve, reject) => {
      this.questions.set(id, { resolve, reject });
      this.child.send({ ...question, question: id }, (error) => error && reject(error));
    });
  }

  next(what: string, timeout: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(`no "${what}" within ${timeout} ms`), timeout);
      this.waiting.push({
        what,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.running) this.child.kill(signal);
    const force = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    await this.exited;
    clearTimeout(force);
  }

  private fail(why: string): void {
    const failed = this.waiting;
    this.waiting = [];
    for (const { reject } of this.questions.values()) reject(new Error(`Node-RED: ${why}`));
    this.questions.clear();
    for (const one of failed) one.reject(new Error(`Node-RED: ${why}. It printed:\n${this.output}`));
  }
}
