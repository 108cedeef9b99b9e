/** Admin: the figures of the monitor page, and the read-only links to it. */
import { InvalidInputError } from '../../core/errors';
import { type MonitorData, monitorData } from '../monitor/data';
import { listLinks, type MonitorLink, makeLink, revokeLink } from '../monitor/links';
import { anyLedger } from './find';
import type { AdminRequest } from './types';

/** `?minutes=60`, or 360, 1440. */
export function data({ query }: AdminRequest): Promise<MonitorData> {
  return monitorData(Number(query.minutes ?? 60));
}

export async function links(): Promise<{ links: MonitorLink[] }> {
  return { links: await listLinks() };
}

const LONGEST_NAME = 100;

/** `{name}`: what the link is for. The answer holds the token, the only time that it is told. */
export async function make({ body, user }: AdminRequest): Promise<{ id: string; token: string }> {
  const name = typeof body.name === 'string' ? body.name.trim() : '';
  if (name === '' || name.length > LONGEST_NAME)
    throw new InvalidInputError(
      'link_name_invalid',
      `Say in 1 to ${LONGEST_NAME} characters what the link is for, such as "screen in the office". No link was made.`,
      'name',
    );
  return makeLink(anyLedger(), name, user);
}

export async function revoke({ params, user }: AdminRequest): Promise<{ links: MonitorLink[] }> {
  await revokeLink(params.id!, user);
  return links();
}
