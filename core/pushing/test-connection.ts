/**
 * Asks an outlet's platform whether it is there and takes the key, without sending an item: a GET of the endpoint with
 * the outlet's own headers. A platform that only takes pushes answers 405, which proves as much.
 */
import { parseBody } from './answer';
import type { HttpAnswer, HttpClient, HttpFault } from './http';
import type { PushTarget } from './target';

export interface ConnectionTest {
  ok: boolean;
  /** Stable: `ok`, `name_not_found`, `connection_refused`, `tls`, `timeout`, `key_refused`, `not_found`, `redirect`, `not_an_api`, `not_json`, `platform_error`, … */
  code: string;
  /** For the operator. */
  message: string;
  statusCode: number | null;
  duration_ms: number;
}

const SLOW_MS = 5_000;
const CONNECTED = 'Connected: the platform answers.';

export const FAULTS: Record<HttpFault, string> = {
  name_not_found:
    'The name in the address is not known. Check the endpoint for typing errors, and the network of this machine.',
  connection_refused: 'Nobody answers at this address and port. Check the endpoint, or ask whether the platform is up.',
  tls: 'The certificate of the platform is not trusted. Check the endpoint, or ask the platform to renew its certificate.',
  address_refused:
    'This address must not be reached: a demo ledger sends only to this machine, and link-local addresses are closed.',
  bad_request:
    'The request could not be made. Check the endpoint and the headers for characters that do not belong there.',
  timeout:
    'No answer in time. The platform is too slow or a firewall swallows the request; raise the timeout or ask the platform.',
  connection_lost: 'The connection broke before the answer came. Try again; if it goes on, ask the platform.',
  answer_too_long: 'The answer is too long to be one of an API. Check the endpoint.',
  answer_unreadable:
    'Somebody answers, but not in readable HTTP. Check the endpoint; if it is right, ask the platform.',
  aborted: 'The test was ended before an answer came.',
};

/** Never rejects. */
export async function testConnection(
  target: PushTarget,
  http: HttpClient,
  loopbackOnly: boolean,
): Promise<ConnectionTest> {
  const { endpoint, timeout } = target.definition;
  if (endpoint === null) {
    return {
      ok: false,
      code: 'no_endpoint',
      message: 'The endpoint has a variable that is not set. Set it in the environment and start Node-RED again.',
      statusCode: null,
      duration_ms: 0,
    };
  }
  const release = await target.slot();
  try {
    const result = await http({ url: endpoint, method: 'GET', headers: target.headers(), timeout, loopbackOnly });
    const duration_ms = Math.round(result.duration_ms);
    // A long list of what the platform holds was cut: it answered well enough.
    const cut = !result.answered && result.fault === 'answer_too_long' && (result.statusCode ?? 500) < 300;
    if (!result.answered && cut)
      return { ok: true, code: 'ok', message: CONNECTED, statusCode: result.statusCode, duration_ms };
    if (!result.answered)
      return {
        ok: false,
        code: result.fault,
        message: FAULTS[result.fault],
        statusCode: result.statusCode,
        duration_ms,
      };
    return { ...judgeAnswer(result), statusCode: result.statusCode, duration_ms };
  } finally {
    release();
  }
}

function judgeAnswer(answer: HttpAnswer): Pick<ConnectionTest, 'ok' | 'code' | 'message'> {
  const { statusCode } = answer;
  const { shape } = parseBody(answer.body);
  if (statusCode === 401 || statusCode === 403)
    return bad(
      'key_refused',
      `The platform is there but refuses the key (${statusCode}). Enter the key anew in the outlets.`,
    );
  if (statusCode >= 300 && statusCode < 400)
    return bad(
      'redirect',
      `The platform sends us on to another address (${statusCode}). Enter the final address; the key is never sent on.`,
    );
  if (statusCode === 404)
    return bad(
      'not_found',
      'The platform is there but does not know this address (404). Check the path of the endpoint.',
    );
  if (statusCode >= 500)
    return bad('platform_error', `The platform is there but has an error of its own (${statusCode}). Try again later.`);
  if (shape === 'html') return bad('not_an_api', 'A web page answers, not an API. Check the endpoint.');
  if (shape === 'text' && statusCode < 300)
    return bad('not_json', 'What answers is no JSON, so it is not the API. Check the endpoint.');
  if (answer.duration_ms > SLOW_MS)
    return {
      ok: true,
      code: 'slow',
      message: `Connected, but the answer took ${Math.round(answer.duration_ms / 1000)} s.`,
    };
  return { ok: true, code: 'ok', message: CONNECTED };
}

const bad = (code: string, message: string) => ({ ok: false, code, message });
