/**
 * Cuts secrets out of texts that came from outside: platforms echo our key in their answers, proxies quote whole requests.
 * It is done before a text is shortened, or the first half of a key would stay.
 */

/** Shorter ones are no secrets and would tear words apart. */
const SHORTEST = 4;

export type Redact = (text: string) => string;

/** By the list that they were made for: an outlet's stays the same until a deploy. */
const made = new WeakMap<readonly string[], Redact>();

/** The same as `redactor`, made once for a list that nobody changes. */
export function redactorOf(secrets: readonly string[]): Redact {
  const known = made.get(secrets) ?? redactor(secrets);
  made.set(secrets, known);
  return known;
}

/** @returns a function that replaces every secret, also where it is written as in an address, in JSON, in HTML or in base64 */
export function redactor(secrets: readonly string[], instead = '***'): Redact {
  const forms = new Set(secrets.filter((secret) => secret.length >= SHORTEST).flatMap(writtenAs));
  if (forms.size === 0) return (text) => text;
  // The longest first: one secret may be a part of another.
  const alternatives = [...forms]
    .sort((a, b) => b.length - a.length)
    .map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  const found = new RegExp(alternatives.join('|'), 'gi');
  return (text) => text.replace(found, instead);
}

function writtenAs(secret: string): string[] {
  const html = secret.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  return [
    secret,
    // Answers are shown on one line.
    secret.replace(/\s+/g, ' ').trim(),
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    JSON.stringify(secret).slice(1, -1),
    html,
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
  ];
}
