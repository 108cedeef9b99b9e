/**
 * What `settings.js` gives to Node-RED: safe on a real machine, everything below the data folder. Sets the environment
 * that the bundled flow's `${NAME}`s read, before Node-RED loads it.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { LedgerKind } from '../../core/ledger/ledger';
import { addOwnOrigin } from '../http/origin';
import { printSecrets, printWhenStarted } from './banner';
import { chooseFolder, copyFlows, type DataFolder, inDataFolder } from './data-folder';
import { startDemo } from './demo';
import { EditorGuard } from './editor-guard';
import { type Environment, readEnvironment, SECRET_NAMES } from './environment';
import { prepareSecrets, type Secrets } from './secrets';

/** Secrets that only the demo makes up: in a real shop the platform and the ERP give them. */
const DEMO_SECRETS = ['PASONS_API_KEY', 'PARADIGM_API_KEY'] as const;
/** A key that is none: known to the flow, so that the node works, and blank, so that no header is sent. */
const NO_KEY = ' ';

/**
 * @param root the pack's folder
 * @param env changed: what is not set gets its default
 * @returns Node-RED's settings
 * @throws ConfigError with a text for whoever typed the command
 */
export function bundledSettings(root: string, env: NodeJS.ProcessEnv, cwd: string): Record<string, unknown> {
  const environment = readEnvironment(env, cwd);
  // Node-RED writes flows, credentials and the tokens of logins with the rights that it was given.
  process.umask(0o077);
  const { folder, secrets } = inDataFolder(environment.data, () => prepareFolder(root, environment));
  const demo = folder.kind === 'demo';

  const { credentialSecret, ...values } = secrets.values;
  Object.assign(env, values, {
    SHELFWIRE_DATA: environment.data,
    SHELFWIRE_LEDGER: folder.ledger,
    SHELFWIRE_TIMEZONE: environment.timeZone,
    SHELFWIRE_PUBLIC_URL: environment.publicUrl,
    SHELFWIRE_MQTT_HOST: environment.mqttHost,
    SHELFWIRE_MQTT_PORT: String(environment.mqttPort),
  });
  if (environment.pasonsUrl !== null) env.PASONS_URL = environment.pasonsUrl;
  // Not every API asks for a key; one that does answers 401, and what is to be pushed waits.
  for (const name of DEMO_SECRETS) env[name] ||= NO_KEY;
  if (demo) Object.assign(env, startDemo(environment, folder.userDir, values));
  printSecrets(secrets, values);
  const keyless = !demo && !Object.keys(env).some((name) => isPasonsKey(name) && env[name] !== NO_KEY);
  printWhenStarted(environment, folder, keyless);
  return nodeRedSettings(root, environment, folder.kind, folder.userDir, credentialSecret!);
}

/** What is there at the first start, and stays. */
function prepareFolder(root: string, environment: Environment): { folder: DataFolder; secrets: Secrets } {
  const folder = chooseFolder(environment.data, environment.pasonsUrl);
  const names = ['credentialSecret', ...SECRET_NAMES, ...(folder.kind === 'demo' ? DEMO_SECRETS : [])];
  const secrets = prepareSecrets(folder.userDir, names, environment.secrets);
  copyFlows(join(root, 'flows'), folder);
  return { folder, secrets };
}

const isPasonsKey = (name: string) => name === 'PASONS_API_KEY' || name.startsWith('PASONS_KEY_');

function nodeRedSettings(
  root: string,
  environment: Environment,
  kind: LedgerKind,
  userDir: string,
  credentialSecret: string,
): Record<string, unknown> {
  const title = kind === 'demo' ? 'Shelfwire · SIMULATED' : 'Shelfwire';
  return {
    userDir,
    flowFile: 'flows.json',
    flowFilePretty: true,
    credentialSecret,
    nodesDir: [root],
    uiHost: environment.host,
    uiPort: environment.port,
    // Not at "/": the editor's own parsers would stand in front of the webhooks there.
    httpAdminRoot: '/admin',
    httpNodeRoot: '/',
    httpAdminMiddleware: guardEditor(environment),
    ...redirectRoot(root),
    ...(environment.adminPassword === null ? {} : { adminAuth: adminAuth(environment.adminPassword) }),
    apiMaxLength: '10mb',
    // Node-RED's own tour is about Node-RED's versions; Shelfwire's is for whoever starts here.
    shelfwireLedgerTour: environment.tour,
    functionExternalModules: false,
    exportGlobalContextKeys: false,
    telemetry: { enabled: false, updateNotification: false },
    diagnostics: { enabled: true, ui: true },
    runtimeState: { enabled: false, ui: false },
    logging: { console: { level: 'info', metrics: false, audit: false } },
    editorTheme: {
      page: { title },
      header: { title },
      tours: false,
      projects: { enabled: false },
      palette: {
        categories: ['shelfwire', 'subflows', 'common', 'function', 'network', 'sequence', 'parser', 'storage'],
      },
    },
  };
}

function guardEditor({ adminPassword, publicUrl }: Environment): EditorGuard['middleware'] {
  const guard = new EditorGuard(adminPassword === null);
  addOwnOrigin(publicUrl);
  const { events } = require('@node-red/util') as { events: { once(event: string, listener: () => void): void } };
  events.once('flows:started', () => guard.watch((require('node-red') as { server: Server }).server, '/admin/comms'));
  return guard.middleware;
}

/** Static files are asked last, so the redirect stands in nobody's way; no file is ever served. */
function redirectRoot(root: string): Record<string, unknown> {
  const middleware = (
    req: { path: string; method: string },
    res: { redirect(url: string): void },
    next: () => void,
  ) => {
    if (req.path === '/' && (req.method === 'GET' || req.method === 'HEAD')) res.redirect('/admin/');
    else next();
  };
  // Nothing can be below a file; Node-RED prints this path when it starts.
  return { httpStatic: [{ path: join(root, 'package.json', 'nothing-is-served'), root: '/', middleware }] };
}

const WRONG_PASSWORD_MS = 500;

/** One user, `admin`; a wrong password is answered slowly, so that guessing takes long. */
function adminAuth(password: string): Record<string, unknown> {
  const user = { username: 'admin', permissions: '*' };
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return {
    type: 'credentials',
    users: async (name: string) => (name === user.username ? user : null),
    authenticate: async (name: string, given: string) => {
      if (name === user.username && timingSafeEqual(digest(String(given)), digest(password))) return user;
      await new Promise((resolve) => setTimeout(resolve, WRONG_PASSWORD_MS));
      return null;
    },
  };
}
