/**
 * The same webhook as a flow of core nodes, the way a good user builds it today: http in that keeps the bytes, a function
 * that proves the signature and parses, http response. It keeps nothing.
 */
import { PARADIGM_PATH } from '../../simulators/paradigm';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../../test/support/node-red';
import { onCore } from './cores';

const FUNCTION = `
const expected = crypto.createHmac('sha256', env.get('PARADIGM_WEBHOOK_SECRET')).update(msg.payload).digest();
const given = Buffer.from(String(msg.req.headers['x-signature']), 'hex');
if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
    msg.statusCode = 401;
    msg.payload = { message: 'The signature is wrong.' };
    return msg;
}
const event = JSON.parse(msg.payload.toString());
msg.statusCode = typeof event.productId === 'string' ? 200 : 422;
msg.payload = { message: 'Received.' };
return msg;
`;

function flow(): FlowEntry[] {
  const at = { z: 'tab', y: 100 };
  return [
    { id: 'tab', type: 'tab', label: 'Webhook', disabled: false, info: '' },
    {
      ...at,
      id: 'in',
      type: 'http in',
      name: '',
      url: PARADIGM_PATH,
      method: 'post',
      upload: false,
      skipBodyParsing: true,
      swaggerDoc: '',
      x: 150,
      wires: [['verify']],
    },
    {
      ...at,
      id: 'verify',
      type: 'function',
      name: 'verify and parse',
      func: FUNCTION,
      outputs: 1,
      timeout: 0,
      noerr: 0,
      initialize: '',
      finalize: '',
      libs: [{ var: 'crypto', module: 'crypto' }],
      x: 400,
      wires: [['out']],
    },
    { ...at, id: 'out', type: 'http response', name: '', statusCode: '', headers: {}, x: 600, wires: [] },
  ];
}

export function startCoreWebhook(secret: string): Promise<RunningNodeRed> {
  return startNodeRed({
    flows: flow(),
    settings: { httpAdminRoot: '/admin' },
    through: onCore('server'),
    env: { PARADIGM_WEBHOOK_SECRET: secret },
  });
}
