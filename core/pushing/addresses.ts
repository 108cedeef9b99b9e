/**
 * Which addresses a request of ours may go to. Shops have platforms on their own network and tests on this machine, so
 * private and loopback addresses are fine; link-local ones and those where clouds keep their machines' credentials never
 * are. Judged by the address that is connected to, not by how it is spelt.
 */
import dns from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { ConfigError } from '../errors';

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');
// Where AWS, Google, Alibaba, Oracle and Azure answer their machines beside it.
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6');
LINK_LOCAL.addAddress('fd20:ce::254', 'ipv6');
LINK_LOCAL.addAddress('100.100.100.200', 'ipv4');
LINK_LOCAL.addAddress('192.0.0.192', 'ipv4');
LINK_LOCAL.addAddress('168.63.129.16', 'ipv4');
// The same behind NAT64, 6to4 and the old IPv4-compatible form: 169.254.0.0/16 is a9fe:….
LINK_LOCAL.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
LINK_LOCAL.addSubnet('2002:a9fe::', 32, 'ipv6');
LINK_LOCAL.addSubnet('::a9fe:0', 112, 'ipv6');

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const METADATA_HOSTS = new Set(['metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data']);

/** @throws ConfigError `endpoint_invalid` in words for the operator */
export function checkEndpoint(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // Not quoted: what is no address may be a key in the wrong field.
    throw new ConfigError('The endpoint is not an address. Write it like https://host/path.', CODE);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new ConfigError('The endpoint must start with https:// or http://.', CODE);
  if (url.username || url.password)
    throw new ConfigError('The endpoint must not hold a name or password. Enter them as credentials.', CODE);
  if (isForbiddenHost(url))
    throw new ConfigError(
      `The endpoint's host ${hostOf(url)} is a link-local address, to which nothing is ever sent.`,
      CODE,
    );
  return url;
}

/** True when the host is an address that is never connected to, or a name that stands for one. */
export function isForbiddenHost(url: URL): boolean {
  const host = hostOf(url);
  return METADATA_HOSTS.has(host) || isLinkLocal(host);
}

const CODE = 'endpoint_invalid';

/** True when the address certainly is this machine. */
export function isLoopbackUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && isLoopbackHost(url);
}

export function isLoopbackHost(url: URL): boolean {
  const host = hostOf(url);
  return host === 'localhost' || host.endsWith('.localhost') || isLoopback(host);
}

export function isLoopback(address: string): boolean {
  return inList(LOOPBACK, address);
}

function isLinkLocal(address: string): boolean {
  return inList(LINK_LOCAL, address);
}

function inList(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Name resolution that refuses forbidden answers, so that a name cannot lead where an address may not. */
export function guardedLookup(loopbackOnly: boolean): LookupFunction {
  return (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, '', 4);
        return;
      }
      const bad = addresses.find(({ address }) => isLinkLocal(address) || (loopbackOnly && !isLoopback(address)));
      const first = addresses[0];
      if (bad || !first) {
        const refused: NodeJS.ErrnoException = new Error(`${hostname} leads to ${bad?.address}, which is not allowed`);
        refused.code = 'ADDRESS_REFUSED';
        callback(refused, '', 4);
      } else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function hostOf(url: URL): string {
  return url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}
