/**
 * Senders that offer HTTP/2 on a plain connection (`Upgrade: h2c`, as Java's HttpClient does with its first request) expect
 * an answer in HTTP/1.1 from who does not take the offer (RFC 9110 section 7.8). Node.js hands such a request to those who
 * listen for upgrades instead, in Node-RED the editor's connection alone, which leaves it: the sender never got an answer.
 */
import type { IncomingMessage } from 'node:http';

interface Server {
  /** Node.js asks it for every request that offers something; older ones do not have it. */
  shouldUpgradeCallback?: (req: IncomingMessage) => boolean;
}

/** @param isOurs whether a request is for an address of a receiver, where nobody takes offers */
export function declineOffers(given: unknown, isOurs: (req: IncomingMessage) => boolean): void {
  const server = given as Server | null | undefined;
  const before = server?.shouldUpgradeCallback;
  if (!server || typeof before !== 'function') return;
  server.shouldUpgradeCallback = (req) => before.call(server, req) && !isOurs(req);
}
