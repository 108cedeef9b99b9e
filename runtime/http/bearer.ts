/** Bearer tokens of feeds and of requests by other systems: credential `token`, header `Authorization: Bearer …`. */
import { hasBearer } from '../../core/signature/shared-secret';
import { expand } from '../env';
import type { RED, RedNode } from '../red';
import type { HttpInput } from './receive';
import { HttpProblem } from './replies';

/** The node's token, '' when none is set. @throws ConfigError `variable_unset` */
export function tokenOfNode(red: RED, node: RedNode): string {
  return expand(red, node, node.credentials?.token ?? '');
}

/** To be asked before the content is looked at. @throws HttpProblem 401 */
export function requireBearer(input: HttpInput, token: string): void {
  if (hasBearer(input.header('authorization'), token)) return;
  throw new HttpProblem(
    401,
    'unauthorized',
    'The bearer token is missing or wrong. Send the header "Authorization: Bearer <token>". Nothing was changed.',
  );
}
