/** The health route: whether changes can be stored and every receiver is up; details only with the token. */
import { toShelfwireError } from '../../core/errors';
import { lowDiskText } from '../../core/ledger/disk-space';
import type { Ledger } from '../../core/ledger/ledger';
import { hasBearer } from '../../core/signature/shared-secret';
import { embeddedBrokers } from '../../runtime/brokers';
import { diskOf } from '../../runtime/disk';
import { type HttpInput, receive, receiversDown } from '../../runtime/http/receive';
import type { LedgerNode } from '../../runtime/ledgers';
import { onClose } from '../../runtime/on-close';
import type { RED } from '../../runtime/red';
import { shared } from '../../runtime/shared';
import type { Settings } from './settings';

/** Ledger nodes whose path another one answers, by path. */
const guests = () => shared('health-guests', () => new Map<string, Set<LedgerNode>>());

export function serveHealth(red: RED, node: LedgerNode, settings: Settings): void {
  try {
    receive(red, node, {
      method: 'GET',
      path: settings.healthPath,
      handler: (input) => answerHealth(node, settings, input),
    });
  } catch (thrown) {
    // Two ledger nodes of one process may name the same path: the first answers for both.
    node.warn(toShelfwireError(thrown).message);
    const { healthPath } = settings;
    const others = guests().get(healthPath) ?? new Set();
    guests().set(healthPath, others.add(node));
    onClose(node, () => {
      others.delete(node);
    });
  }
}

async function answerHealth(node: LedgerNode, settings: Settings, input: HttpInput): Promise<void> {
  const problems = [
    ...receiversDown().map(({ method, path, why }) => ({ name: `${method} ${path}`, why })),
    ...embeddedBrokers()
      .filter(({ up }) => !up)
      .map(({ reason }) => ({ name: 'embedded broker', why: reason ?? 'starting' })),
  ];
  let ledger: Ledger | null = null;
  try {
    ledger = await node.open();
    await ledger.writable();
  } catch (thrown) {
    problems.push({ name: 'ledger', why: toShelfwireError(thrown).message });
  }
  for (const guest of guests().get(settings.healthPath) ?? []) {
    const why = await troubleOf(guest);
    if (why !== null && !problems.some((problem) => problem.why === why)) problems.push({ name: 'ledger', why });
  }
  const body: { message: string } & Record<string, unknown> = {
    message: problems.length === 0 ? 'Everything is up.' : 'Not everything is up: see the problems, with the token.',
    status: problems.length === 0 ? 'ok' : 'degraded',
    mode: ledger?.info.kind ?? 'live',
    counts: (await ledger?.counts().catch(() => null)) ?? null,
  };
  if (settings.token !== null && hasBearer(input.header('authorization'), settings.token)) {
    Object.assign(body, { simulated: ledger?.info.kind === 'demo', problems }, await details(ledger, settings.file));
  }
  input.reply({ status: problems.length === 0 ? 200 : 503, body, ...(problems.length === 0 ? {} : { retryAfter: 5 }) });
}

async function troubleOf(node: LedgerNode): Promise<string | null> {
  try {
    await (await node.open()).writable();
    return null;
  } catch (thrown) {
    return toShelfwireError(thrown).message;
  }
}

/** Warnings make nothing degraded: what they name still works. */
async function details(ledger: Ledger | null, file: string): Promise<Record<string, unknown>> {
  const disk = await diskOf(file).look();
  const outlets = (await ledger?.outlets().catch(() => null)) ?? null;
  const held = outlets?.find((outlet) => outlet.paused_by === 'restore');
  const warnings = [
    ...(disk?.low ? [{ name: 'disk', why: lowDiskText(file, disk) }] : []),
    ...(held ? [{ name: 'ledger', why: held.paused_why }] : []),
  ];
  return { warnings, ledger: ledger?.info ?? null, disk, outlets };
}
