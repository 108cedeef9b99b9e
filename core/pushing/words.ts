/** What operators read when a push fails: what happened, to which shop, whether anything is lost, what to do. */

interface Words {
  what: string;
  remedy: string;
}

/** By code; stable, since flows and the history rely on the codes. */
const WORDS: Record<string, Words> = {
  name_not_found: {
    what: 'the name of its platform was not found',
    remedy: "Check the endpoint of the outlet and this machine's network.",
  },
  connection_refused: {
    what: 'its platform took no connection',
    remedy: 'Check the endpoint of the outlet, or ask the platform whether it is down.',
  },
  tls: {
    what: 'no secure connection to its platform could be made',
    remedy: 'Check the address, or ask the platform to renew its certificate.',
  },
  address_refused: {
    what: 'the endpoint leads to an address to which nothing may be sent',
    remedy: 'Correct the endpoint of the outlet.',
  },
  bad_request: { what: 'the request could not be built', remedy: 'Check the endpoint and the headers of the outlet.' },
  timeout: {
    what: 'its platform did not answer in time',
    remedy: 'If this stays so, raise the timeout of the outlet or ask the platform.',
  },
  connection_lost: { what: 'the connection broke before the answer', remedy: 'Nothing needs to be done.' },
  answer_too_long: {
    what: "the platform's answer did not end",
    remedy: 'Check that the endpoint is the address of an API.',
  },
  answer_unreadable: {
    what: "the platform's answer was damaged and could not be read",
    remedy: 'If this stays so, check the endpoint or ask the platform.',
  },
  aborted: { what: 'the push was stopped before the answer came', remedy: 'Nothing needs to be done.' },
  gateway_timeout: { what: 'the gateway of its platform gave up waiting', remedy: 'Nothing needs to be done.' },
  platform_error: { what: 'its platform has a fault of its own', remedy: 'If this stays so, ask the platform.' },
  platform_timeout: { what: 'its platform did not get the request in time', remedy: 'Nothing needs to be done.' },
  too_early: { what: 'its platform asks to try again', remedy: 'Nothing needs to be done.' },
  rate_limited: {
    what: 'its platform got too many requests',
    remedy: 'If this stays so, set the requests per minute in the outlets.',
  },
  key_refused: {
    what: 'its platform refuses the key',
    remedy: 'Enter a valid key in the outlets; what waits is then sent by itself.',
  },
  address_not_found: { what: 'its platform does not know the address', remedy: 'Correct the endpoint of the outlet.' },
  method_refused: {
    what: 'its platform does not take this method at the address',
    remedy: 'Correct the method (POST or PUT) or the endpoint of the outlet.',
  },
  redirect: {
    what: 'its platform answers with a redirect, which is not followed since the key must not travel',
    remedy: 'Enter the final address as endpoint of the outlet.',
  },
  not_an_api: {
    what: 'what answered is not an API',
    remedy: 'Check the endpoint of the outlet: a web page or a login answers there.',
  },
  answer_not_success: {
    what: 'the answer is not what the outlet counts as success',
    remedy: 'Read the answer; correct "counts as success" in the outlets when it is wrong.',
  },
  repeat_refused: {
    what: 'its platform did not take the repeated request, whose first outcome is not known',
    remedy: 'Nothing needs to be done: after twice the timeout the items are sent anew.',
  },
  outlet_fault: {
    what: 'the platform refuses the form of our message',
    remedy: 'Check the field mapper.',
  },
  items_refused: {
    what: 'its platform refused items',
    remedy: 'Correct them at their source, or try them again in the sidebar; a newer value is sent by itself.',
  },
  lease_lost: {
    what: 'another branch of the flow has taken these items, or this message is too old',
    remedy: 'Nothing needs to be done here; wire only one push to a message.',
  },
  items_busy: {
    what: 'other values of these items are being sent right now',
    remedy: 'Send the list again in a moment.',
  },
  outlet_gone: { what: 'its outlet is not in the outlets any more', remedy: 'Add it to the outlets and deploy.' },
  endpoint_unset: { what: 'its outlet has no usable endpoint', remedy: 'See the status of the outlets.' },
  body_invalid: { what: 'no body could be made of the items', remedy: 'Check the field mapper and the flow.' },
  asked_to_wait: {
    what: 'its platform asked to be left alone for a while',
    remedy: 'Nothing needs to be done: they leave when the time is over.',
  },
  outlet_not_reachable: {
    what: 'its platform is not reachable and is only asked now and then whether it is back',
    remedy: 'See the status of the outlet.',
  },
  outlet_off: { what: 'its outlet is switched off', remedy: 'Switch on "push" in its row and deploy.' },
  paused: { what: 'its outlet is paused', remedy: 'Resume it in the sidebar.' },
  endpoint_changed: { what: 'its endpoint was changed meanwhile', remedy: 'Nothing needs to be done.' },
  demo_ledger: {
    what: 'the ledger holds simulated numbers, which are only sent to this machine',
    remedy: 'Use a live ledger for real shops.',
  },
  payload_not_a_list: {
    what: 'the message holds no list of items',
    remedy: 'Check the nodes between changed stock and the push.',
  },
  push_failed: { what: 'the push failed', remedy: 'See the message of the platform.' },
};

/** What becomes of the items. */
export type Fate = 'again' | 'waiting' | 'kept' | 'elsewhere' | 'own';

const FATES: Record<Fate, string> = {
  again: 'Nothing is lost: they are tried again.',
  waiting: 'Nothing is lost: they wait and are sent by themselves.',
  kept: 'They are kept with their reason.',
  elsewhere: 'Nothing is lost.',
  own: 'The list was not taken; the items of the ledger are sent by themselves.',
};

export interface Told {
  code: string;
  shop: string;
  count: number;
  fate: Fate;
  /** The system's or the platform's own words. */
  detail?: string;
}

export function tell({ code, shop, count, fate, detail }: Told): string {
  const { what, remedy } = WORDS[code] ?? WORDS.push_failed!;
  const items = count === 1 ? '1 item' : `${count} items`;
  const own = detail ? ` (${detail})` : '';
  const where = /^shop\b/i.test(shop) ? shop : `Shop ${shop}`;
  return `${where}, ${items}: ${what}${own}. ${FATES[fate]} ${remedy}`;
}
