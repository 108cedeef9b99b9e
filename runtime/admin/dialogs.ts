/** Admin: what the dialogs of nodes try before a deploy. Nothing is stored, and no secret is part of an answer. */
import { runTest } from '../drafts';
import { publicAddress } from '../ledgers';
import type { AdminRequest } from './types';

/** Each is a request to somebody, or a look at the disk. */
const TESTS_PER_MINUTE = 30;
/** It tells whether a signature fits a secret, so it is not for trying many. */
const VERIFICATIONS_PER_MINUTE = 60;

/** `{id, config, credentials, ask}` of the node type without its prefix. */
export function test({ params, body }: AdminRequest): Promise<unknown> {
  return runTest(`shelfwire-${params.type}`, body, TESTS_PER_MINUTE);
}

/** Where senders reach us: the dialogs of receivers show it. */
export async function address(): Promise<unknown> {
  return { publicUrl: publicAddress() };
}

export function verify({ body }: AdminRequest): Promise<unknown> {
  return runTest('shelfwire-hmac-verify', body, VERIFICATIONS_PER_MINUTE);
}
