/**
 * Which addresses a push may go to. Shops have platforms on their own network and tests on this machine, so private and
 * loopback addresses are fine; link-local ones, where clouds keep their machines' credentials, never are.
 */
import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { ConfigError } from '../errors';

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6');
LINK_LOCAL.addAddress('100.100.100.200', 'ipv4');

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
    throw new ConfigError(`The endpoint "${shorten(text)}" is not an address. Write it like https://host/path.`, CODE);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new ConfigError(`The endpoint "${shorten(text)}" must start with https:// or http://.`, CODE);
  if (url.username || url.password)
    throw new ConfigError('The endpoint must not hold a name or password. Enter them as credentials.', CODE);
  const host = hostOf(url);
  if (METADATA_HOSTS.has(host) || (isIP(host) && isLinkLocal(host)))
    throw new ConfigError(`The endpoint's host ${host} is a link-local address, to which nothing is ever sent.`, CODE);
  return url;
}

const CODE = 'endpoint_invalid';

/** True when the address certainly is this machine. */
export function isLoopbackUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const host = hostOf(new URL(text));
  return host === 'localhost' || host.endsWith('.localhost') || isLoopback(host);
}

export function isLoopback(address: string): boolean {
  return inList(LOOPBACK, address);
}

export function isLinkLocal(address: string): boolean {
  return inList(LINK_LOCAL, address);
}

function inList(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Name resolution that refuses forbidden answers, so that a name cannot lead where an address may not. */
export function guardedLookup(loopbackOnly: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
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

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
