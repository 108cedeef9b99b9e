/** The settings of a broker as stored in a flow (or typed in its dialog), read and checked. */
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { ConfigError } from '../../core/errors';
import type { BrokerSettings } from '../../runtime/brokers';
import { expand } from '../../runtime/env';
import { numberProperty } from '../../runtime/properties';
import type { NodeDef, RED, RedNode } from '../../runtime/red';
import { readAccounts } from './accounts';

/** Milliseconds that a message waits while no scanner in node takes it: longer than a deploy. */
const WAIT_MS = 20_000;
const PROTOCOLS = ['mqtt:', 'mqtts:', 'tcp:', 'ssl:', 'ws:', 'wss:'];

interface TlsConfigNode {
  addTLSOptions(options: Record<string, unknown>): Record<string, unknown>;
}

/** @throws ConfigError */
export function readSettings(red: RED, node: RedNode, def: NodeDef): BrokerSettings {
  const kind = def.kind || 'embedded';
  if (kind !== 'embedded' && kind !== 'external')
    throw new ConfigError('The property "kind" must be embedded or external.');
  const text = (name: string, fallback = '') => expand(red, node, String(def[name] ?? '')).trim() || fallback;
  const host = text('host', '127.0.0.1');
  const port = numberProperty({ ...def, port: text('port') }, 'port', {
    default: 1883,
    min: 0,
    max: 65_535,
    integer: true,
  });
  const tls = tlsOptions(red, def.tls);
  if (kind === 'embedded') {
    if (tls && !(tls.key && tls.cert) && !tls.pfx)
      throw new ConfigError(
        'TLS is chosen for the embedded broker, but without a certificate and key. Add both to it.',
      );
    const { accounts, wrong } = readAccounts(red, node, def.accounts);
    for (const error of wrong) node.error(error);
    let pending = false;
    red.nodes.eachNode((each) => {
      pending ||= each.type === 'shelfwire-ledger' && each.d !== true;
    });
    return { kind, settings: { host, port, tls: tls as TlsOptions | null, accounts, wait: WAIT_MS, pending } };
  }
  const url = text('url', `${tls ? 'mqtts' : 'mqtt'}://${host}:${port}`);
  checkUrl(url);
  const sharedGroup = text('sharedGroup');
  if (/[/+#\0]/.test(sharedGroup))
    throw new ConfigError('The property "sharedGroup" is one word, without "/", "+" and "#".');
  const secret = (name: 'username' | 'password') => expand(red, node, node.credentials?.[name] ?? '');
  return {
    kind,
    settings: {
      url,
      clientId: text('clientId', `shelfwire-${node.id}`),
      username: secret('username'),
      password: secret('password'),
      tls: tls as ConnectionOptions | null,
      sharedGroup,
      wait: WAIT_MS,
    },
  };
}

/** @throws ConfigError `url_invalid` */
function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !PROTOCOLS.includes(parsed.protocol) || parsed.hostname === '')
    throw new ConfigError(
      'The address of the broker is not one. Write it like mqtts://broker.example:8883.',
      'url_invalid',
    );
  if (parsed.username || parsed.password)
    throw new ConfigError(
      'The address of the broker holds a user name or password, which would be in every export of the flow. Enter them below instead.',
      'url_invalid',
    );
}

/** The options of core's TLS config node, or null when none is chosen. @throws ConfigError `tls_missing` */
function tlsOptions(red: RED, id: unknown): Record<string, unknown> | null {
  if (!id) return null;
  const node = red.nodes.getNode(String(id)) as TlsConfigNode | null;
  if (typeof node?.addTLSOptions !== 'function')
    throw new ConfigError(
      'The TLS settings that this broker names are missing or disabled. Choose others.',
      'tls_missing',
    );
  return node.addTLSOptions({});
}
