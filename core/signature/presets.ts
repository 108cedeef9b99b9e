/**
 * Signature schemes of known senders. Each entry names the public document it was taken from; where a vendor has no
 * document, that is said. A preset only fills the fields of hmac verify: what is verified is what the fields say.
 */
import { ConfigError } from '../errors';
import type { Scheme } from './types';

export interface Preset extends Scheme {
  /** Where the vendor describes it. */
  source: string;
}

const HMAC = {
  kind: 'hmac',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: '',
  signed: '{body}',
  secretEncoding: 'utf8',
  tolerance: 0,
  timestamp: '',
  id: '',
} as const satisfies Partial<Scheme>;

/** Five minutes: what Stripe, Slack and Standard Webhooks recommend. */
const TOLERANCE = 300;

export const PRESETS = {
  /** Stock webhook (type 3): hex HMAC of the body with the client secret. Its `now` is data, not a signed time. */
  mipos: {
    ...HMAC,
    header: 'X-Signature-Request',
    source: 'https://mipos.gitbook.io/public-api/inventory/pos-sync-inventory',
  },
  /** The webhooks of MiPOS that sign a made-up text instead of the body, spaced as in the document: the content is *not* proven. */
  'mipos-constructed': {
    ...HMAC,
    header: 'X-Signature-Request',
    signed:
      '{"url": "{url}", "inventory_system_id": "{json:inventory_system_id}", "store_id": "{json:store_id}", "now": "{json:now}"}',
    source: 'https://mipos.gitbook.io/public-api/inventory/inventory-system-management',
  },
  /** Paradigm documents no signature; this is what the proxy or script in front of it is to send. */
  paradigm: { ...HMAC, header: 'X-Signature', source: '' },
  shopify: {
    ...HMAC,
    header: 'X-Shopify-Hmac-Sha256',
    encoding: 'base64',
    source: 'https://shopify.dev/docs/apps/build/webhooks/subscribe/https',
  },
  /** The newer family of headers, "Events". */
  'shopify-events': {
    ...HMAC,
    header: 'Shopify-Hmac-Sha256',
    encoding: 'base64',
    source: 'https://github.com/Shopify/shopify-app-js/tree/main/packages/apps/shopify-api/lib/webhooks',
  },
  woocommerce: {
    ...HMAC,
    header: 'X-WC-Webhook-Signature',
    encoding: 'base64',
    source: 'https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks',
  },
  /** The address has to be the registered one, byte for byte. */
  square: {
    ...HMAC,
    header: 'X-Square-HmacSha256-Signature',
    encoding: 'base64',
    signed: '{url}{body}',
    source: 'https://developer.squareup.com/docs/webhooks/step3validate',
  },
  github: {
    ...HMAC,
    header: 'X-Hub-Signature-256',
    prefix: 'sha256=',
    source: 'https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries',
  },
  /** `t=…,v1=…`; the secret is used as text, `whsec_` included. */
  stripe: {
    ...HMAC,
    header: 'Stripe-Signature',
    prefix: 'v1=',
    signed: '{timestamp}.{body}',
    timestamp: 'signature:t',
    tolerance: TOLERANCE,
    source: 'https://docs.stripe.com/webhooks/signature',
  },
  /** Also Etsy and others; several signatures `v1,…` separated by blanks; the secret is base64 after `whsec_`. */
  'standard-webhooks': {
    ...HMAC,
    header: 'Webhook-Signature',
    encoding: 'base64',
    prefix: 'v1,',
    signed: '{id}.{timestamp}.{body}',
    id: 'header:Webhook-Id',
    timestamp: 'header:Webhook-Timestamp',
    tolerance: TOLERANCE,
    secretEncoding: 'base64',
    source: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
  },
  slack: {
    ...HMAC,
    header: 'X-Slack-Signature',
    prefix: 'v0=',
    signed: 'v0:{timestamp}:{body}',
    timestamp: 'header:X-Slack-Request-Timestamp',
    tolerance: TOLERANCE,
    source: 'https://api.slack.com/authentication/verifying-requests-from-slack',
  },
  deliveroo: {
    ...HMAC,
    header: 'X-Deliveroo-Hmac-Sha256',
    signed: '{id} {body}',
    id: 'header:X-Deliveroo-Sequence-Guid',
    source: 'https://api-docs.deliveroo.com/docs/securing-webhooks',
  },
  /** Older order events have a line break between the two. */
  'deliveroo-legacy': {
    ...HMAC,
    header: 'X-Deliveroo-Hmac-Sha256',
    signed: '{id} {lf} {body}',
    id: 'header:X-Deliveroo-Sequence-Guid',
    source: 'https://developers.deliveroo.com/partner-api/webhook/validation',
  },
  uber: {
    ...HMAC,
    header: 'X-Uber-Signature',
    source: 'https://developer.uber.com/docs/eats/guides/webhooks',
  },
  /** `signature=<hex>,algorithm=HMAC-SHA256`. */
  lightspeed: {
    ...HMAC,
    header: 'X-Signature',
    prefix: 'signature=',
    source: 'https://x-series-api.lightspeedhq.com/docs/webhooks',
  },
  custom: { ...HMAC, header: 'X-Signature', source: '' },
  /** Static bearer token (RFC 6750), or any header that carries one. Proves the sender, not the content. */
  token: {
    ...HMAC,
    kind: 'token',
    header: 'Authorization',
    prefix: 'Bearer ',
    source: 'https://www.rfc-editor.org/rfc/rfc6750',
  },
  /** The secret is `name:password`. Proves the sender, not the content. */
  basic: {
    ...HMAC,
    kind: 'basic',
    header: 'Authorization',
    source: 'https://www.rfc-editor.org/rfc/rfc7617',
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

/** @throws ConfigError `scheme_unknown` */
export function presetOf(name: string): Preset {
  if (Object.hasOwn(PRESETS, name)) return PRESETS[name as PresetName];
  throw new ConfigError(
    `"${name}" is not a known scheme. Choose one of ${Object.keys(PRESETS).join(', ')}.`,
    'scheme_unknown',
  );
}
