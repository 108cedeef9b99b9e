/**
 * What the dialog's button "Test" asks: does an external broker take the connection; can the embedded one listen there.
 * Nothing is subscribed or published.
 */
import { createServer } from 'node:net';
import { connect as mqttConnect } from 'mqtt';
import { ShelfwireError } from '../../core/errors';
import type { ExternalSettings } from '../../core/mqtt/external';
import type { BrokerNode } from '../../runtime/brokers';
import type { Draft, TestResult } from '../../runtime/drafts';
import type { RED } from '../../runtime/red';
import { readSettings } from './settings';

const PATIENCE_MS = 10_000;

export const tryBroker =
  (red: RED) =>
  async ({ def, node }: Draft): Promise<TestResult> => {
    try {
      const wanted = readSettings(red, node, { ...def, accounts: [] });
      if (wanted.kind === 'external') return await connect(wanted.settings);
      const held = (red.nodes.getNode(node.id) as BrokerNode | null)?.broker;
      const { host, port } = wanted.settings;
      if (held?.kind === 'embedded' && held.state === 'up' && held.port === port)
        return {
          ok: true,
          code: 'broker_running',
          message: `This broker is listening on port ${port}.`,
          values: { port },
        };
      return await listen(host, port);
    } catch (thrown) {
      if (!(thrown instanceof ShelfwireError)) throw thrown;
      return { ok: false, code: thrown.code, message: thrown.message };
    }
  };

async function connect({ url, username, password, tls }: ExternalSettings): Promise<TestResult> {
  const client = mqttConnect(url, {
    ...(tls as Record<string, unknown> | null),
    // Its own id: with that of the node, the broker would cut the node off.
    clientId: `shelfwire-test-${process.pid}-${Date.now()}`,
    clean: true,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    reconnectPeriod: 0,
    connectTimeout: PATIENCE_MS,
  });
  // Whatever comes after the first word is of no interest, but must not end the process.
  client.on('error', () => undefined);
  try {
    return await new Promise((resolve) => {
      client.once('connect', () =>
        resolve({
          ok: true,
          code: 'broker_connected',
          message: 'Connected: the broker takes the connection and the account.',
        }),
      );
      client.once('error', (error) => resolve(faultOf(error as NodeJS.ErrnoException)));
      client.once('close', () => resolve(faultOf({ message: 'closed' })));
    });
  } finally {
    client.end(true);
  }
}

const NOT_FOUND = /^(ENOTFOUND|EAI_)/;
const TLS = /^(CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH|INVALID_CA)/;

/** MQTT's refusals carry numbers: 4, 5 of MQTT 3.1.1 and 134, 135 of MQTT 5 are about the account. */
function faultOf({ code, message }: { code?: string | number | undefined; message: string }): TestResult {
  const no = (name: string, text: string): TestResult => ({ ok: false, code: name, message: text });
  if (typeof code === 'number')
    return [4, 5, 134, 135].includes(code)
      ? no('broker_account_refused', 'The broker is there but refuses the user name or password. Enter them anew.')
      : no('broker_refused', `The broker is there but refuses the connection (${message}). Ask who runs it.`);
  const name = String(code ?? '');
  if (NOT_FOUND.test(name))
    return no('name_not_found', 'The name in the address is not known. Check it for typing errors.');
  if (TLS.test(name))
    return no('tls', 'The certificate of the broker is not trusted. Check the address and the TLS settings.');
  if (name === 'ECONNREFUSED')
    return no(
      'connection_refused',
      'Nobody answers at this address and port. Check both, or ask whether the broker is up.',
    );
  if (name === 'ETIMEDOUT' || /timeout/i.test(message))
    return no(
      'timeout',
      'No answer in time. A firewall may swallow the connection, or the port is not that of a broker.',
    );
  return no(
    'not_a_broker',
    'Something answers there, but it does not speak MQTT. Check the port and whether TLS is needed.',
  );
}

function listen(host: string, port: number): Promise<TestResult> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      const texts: Record<string, [string, string]> = {
        EADDRINUSE: ['port_taken', `Another program uses port ${port}. Choose another port, or end that program.`],
        EACCES: ['port_forbidden', `Port ${port} needs special rights. Choose one above 1023, for instance 1883.`],
        EADDRNOTAVAIL: ['host_not_here', `${host} is not an address of this machine. Use 0.0.0.0 for all of them.`],
        ENOTFOUND: ['host_not_here', `${host} is not an address of this machine. Use 0.0.0.0 for all of them.`],
      };
      const [name, message] = texts[code ?? ''] ?? ['port_failed', `The port cannot be opened (${code}).`];
      resolve({ ok: false, code: name, message, values: { port, host } });
    });
    server.listen(port, host, () => {
      server.close(() =>
        resolve({
          ok: true,
          code: 'port_free',
          message: `Port ${port} is free: the broker can listen there after the deploy.`,
          values: { port },
        }),
      );
    });
  });
}
