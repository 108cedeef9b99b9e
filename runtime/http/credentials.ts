/** Headers of a request that prove who sent it are for nodes to read, not for the debug sidebar to show. */
import type { IncomingMessage } from 'node:http';

const PROOF = /^(proxy-)?authorization$|^cookie$|token|secret|password|api-?key/i;

/** They can still be read by name; what lists or prints the headers does not see them. */
export function hideCredentials(req: IncomingMessage): void {
  for (const name of Object.keys(req.headers)) if (PROOF.test(name)) hideHeader(req, name);
  Object.defineProperty(req, 'rawHeaders', { value: req.rawHeaders, enumerable: false });
}

export function hideHeader(req: IncomingMessage, name: string): void {
  const key = name.toLowerCase();
  if (!Object.hasOwn(req.headers, key)) return;
  Object.defineProperty(req.headers, key, { value: req.headers[key], enumerable: false, configurable: true });
}
