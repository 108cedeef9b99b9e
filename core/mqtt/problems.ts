/** The words in which the brokers tell an operator what happened, to whom, whether anything is lost, what to do. */
import type { DeviceAccount } from './accounts';
import { type BrokerProblem, NotStoredError } from './delivery';
import { statusTopic, stockTopic } from './topics';

/** What a terminal or a log takes for more than text: ends of lines, escapes, changes of direction. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Names from the wire are shown cut, on one line: whoever connects can choose them, also without an account. */
const short = (text: string | undefined, length = 60): string =>
  (text ?? '').slice(0, length).replaceAll(CONTROLS, '\ufffd');

export function loginRefused(username: string | undefined): BrokerProblem {
  const who = username ? `A device as "${short(username)}"` : 'A device without a user name';
  return {
    key: `login:${short(username)}`,
    code: 'login_refused',
    message: `${who} tried to connect and was refused: no such device account, or another password. Nothing of it is stored. Compare it with the accounts of the broker.`,
  };
}

export function willRefused(username: string | undefined, topic: string, limit: number): BrokerProblem {
  return {
    key: `will:${short(username)}`,
    code: 'will_refused',
    message: `A device as "${short(username)}" was refused: its will goes to "${short(topic, 120)}" or is longer than ${limit} bytes. Let it go to ${statusTopic('{store_id}', '{account}')}.`,
  };
}

export function tooLarge(who: string, bytes: number, limit: number): BrokerProblem {
  return {
    key: `too_large:${who}`,
    code: 'too_large',
    message: `${who} sent a message of ${bytes} bytes; at most ${limit} are taken. Nothing of it is stored and the connection was closed. Let the device send smaller lists.`,
  };
}

export function topicRefused({ account, store_id }: DeviceAccount, topic: string): BrokerProblem {
  return {
    key: `topic:${account}`,
    code: 'topic_refused',
    message: `The device account ${account} belongs to store ${store_id} and published to "${short(topic, 120)}". Nothing of it is stored and the connection was closed. It may publish to ${stockTopic(store_id)} and ${statusTopic(store_id, account)}.`,
  };
}

/** @param account null = all of them together */
export function tooManyConnections(account: string | null): BrokerProblem {
  const who = account === null ? 'All devices together have' : `The device account ${short(account)} has`;
  return {
    key: `connections:${account ?? ''}`,
    code: 'too_many_connections',
    message: `${who} too many open connections, so a new one was refused. Devices keep their messages and try again. Give each device its own account, and let it close a connection before it opens another.`,
  };
}

export function tooManyUnreleased(account: string): BrokerProblem {
  return {
    key: `unreleased:${account}`,
    code: 'too_many_in_flight',
    message: `The device account ${short(account)} sends more messages with QoS 2 at once than are taken; its connection was closed and nothing is lost that it keeps. Set the device to QoS 1.`,
  };
}

/** @param from the account, or the topic where accounts are not known */
export function notStored(from: string, qos: 0 | 1 | 2, keeper: 'device' | 'broker', error: unknown): BrokerProblem {
  const why = error instanceof NotStoredError ? error.message : `Unexpected: ${String(error)}`;
  const fate =
    qos === 0
      ? 'It was sent with QoS 0, so it is lost; set the device (and the scanner in node) to QoS 1.'
      : `It is not acknowledged: the ${keeper} keeps it and sends it again.`;
  return {
    key: `not_stored:${short(from, 120)}`,
    code: 'not_stored',
    message: `A message of ${short(from, 120)} was not stored. ${fate} ${why}`,
  };
}

/** Return codes of MQTT 3.1.1 and reason codes of MQTT 5. */
export function isLoginRefused(error: Error): boolean {
  return [4, 5, 134, 135].includes((error as { code?: number }).code ?? 0);
}

/** Why there is no connection to an external broker; the address is shown without its password. */
export function notConnected(url: string, error: Error): BrokerProblem {
  const { code } = error as { code?: string | number };
  const why = isLoginRefused(error)
    ? 'it refuses the user name or password'
    : code === 'ECONNREFUSED'
      ? 'nothing listens there'
      : code === 'ENOTFOUND'
        ? 'there is no such host'
        : error.message || String(code);
  return {
    key: `connect:${code ?? error.message}`,
    code: 'broker_connection',
    message: `No connection to the broker ${url.replace(/\/\/[^@/]*@/, '//')}: ${why}. What devices send with QoS 1 waits in the broker. Trying again.`,
  };
}

export function subscriptionRefused(filter: string): BrokerProblem {
  return {
    key: `subscribe:${filter}`,
    code: 'subscribe_refused',
    message: `The broker refuses the subscription to ${filter}, so nothing is received from it. Allow this user to read the topic; it is tried again by itself.`,
  };
}

export function qosLowered(filter: string, given: number): BrokerProblem {
  return {
    key: `qos:${filter}`,
    code: 'qos_lowered',
    message: `The broker gives ${filter} with QoS ${given} only: what it sends while the connection breaks, or cannot be stored, is lost. Allow QoS 1 there.`,
  };
}

export function cannotListen(where: string, error: NodeJS.ErrnoException): BrokerProblem {
  const why =
    error.code === 'EADDRINUSE'
      ? 'another program (or another broker node) uses it'
      : error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND'
        ? 'this machine has no such address'
        : error.message;
  return {
    key: `listen:${where}`,
    code: 'listen',
    message: `The broker cannot listen on ${where}: ${why}. Devices keep their messages and cannot deliver them until it can. Free the address or choose another.`,
  };
}
