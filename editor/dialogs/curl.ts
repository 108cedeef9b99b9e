/** Commands with which a sender's side can be tried: what the vendor would send, and no secret in it. */

export type Vendor = 'paradigm' | 'mipos' | 'catalogue';

/** What is signed how, as far as the hmac verify behind the receiver says it. */
export interface Signing {
  header: string;
  prefix: string;
  algorithm: string;
  encoding: string;
}

export interface Sample {
  url: string;
  /** Null for a feed, which carries a token. */
  signing: Signing | null;
  /** A location or store that the receiver knows. */
  store: string;
  now: Date;
}

const SKU = 'TEST-1';
const SECRETS: Record<Vendor, string> = {
  paradigm: 'PARADIGM_WEBHOOK_SECRET',
  mipos: 'MIPOS_CLIENT_SECRET',
  catalogue: 'SHELFWIRE_API_TOKEN',
};
const DEFAULT_SIGNING: Record<'paradigm' | 'mipos', Signing> = {
  paradigm: { header: 'X-Signature', prefix: '', algorithm: 'sha256', encoding: 'hex' },
  mipos: { header: 'X-Signature-Request', prefix: '', algorithm: 'sha256', encoding: 'hex' },
};

export function curlFor(vendor: Vendor, { url, signing, store, now }: Sample): string {
  const secret = `$${SECRETS[vendor]}`;
  const address = url.replace(/:[A-Za-z_]\w*/g, (name, at: number) => (at > 6 ? encodeURIComponent(store) : name));
  if (vendor === 'catalogue')
    return [
      `printf 'sku,selling_price,stock_status\\n${SKU},12.40,1\\n' |`,
      `curl -i ${quoted(address)} -H "Authorization: Bearer ${secret}" -H 'Content-Type: text/csv' --data-binary @-`,
    ].join(' ');
  const { header, prefix, algorithm, encoding } = signing ?? DEFAULT_SIGNING[vendor];
  const digest = `printf %s "$BODY" | openssl dgst -${algorithm} -hmac "${secret}"`;
  const tag = encoding === 'base64' ? `${digest} -binary | openssl base64 -A` : `${digest} | sed 's/^.* //'`;
  return [
    `BODY=${quoted(bodyOf(vendor, store, now))};`,
    `curl -i ${quoted(address)} -H 'Content-Type: application/json'`,
    `-H "${header}: ${prefix}$(${tag})" --data-binary "$BODY"`,
  ].join(' ');
}

function bodyOf(vendor: 'paradigm' | 'mipos', store: string, now: Date): string {
  const at = now.toISOString().replace(/\.\d+Z$/, 'Z');
  if (vendor === 'paradigm')
    return JSON.stringify({
      eventType: 'INVENTORY_UPDATE',
      productId: SKU,
      newQuantity: 5,
      timestamp: at,
      source: 'INVENTORY_ADJUSTMENT',
      referenceId: 'TEST',
      ...(store === '' ? {} : { location: store }),
    });
  const time = at.slice(0, 19).replace('T', ' ');
  return JSON.stringify({
    pos_id: '1',
    inventory_system_id: 'test',
    current_stock: '5',
    quantity: '1',
    date: time,
    movement_type: 1,
    external_id: SKU,
    now: time,
    store_id: store || '1',
  });
}

/** For a shell: nothing inside is looked at. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
