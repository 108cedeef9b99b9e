/** Times as HTTP headers have them (`Date`, `Retry-After`): RFC 9110 section 5.6.7. */

/** The three forms of RFC 9110 all begin with the name of the day. */
const DAY = /^(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b/;

/** Milliseconds since 1970, or null. Date.parse alone reads "-5" as a year, and the form without a zone in ours. */
export function parseHttpDate(text: string): number | null {
  if (!DAY.test(text)) return null;
  const at = Date.parse(/(?:GMT|UTC|[+-]\d{4})$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : at;
}
