/**
 * When the previous secret of a hmac verify node was last used: once nobody uses it any more, it can be removed. Kept per
 * process, and in the ledger when there is one; the node's dialog asks for it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Ledger } from '../../core/ledger/ledger';
import { setSafeHeaders } from '../../runtime/http/replies';
import { ledgerNode } from '../../runtime/ledgers';
import type { RED } from '../../runtime/red';
import { shared } from '../../runtime/shared';

/** Writing each use down would be a commit per request. */
const WRITE_EVERY_MS = 60_000;

const settingName = (nodeId: string) => `hmac-verify.${nodeId}.previous-used`;

class PreviousUses {
  private readonly used = new Map<string, { at: number; written: number }>();

  note(nodeId: string, at: number, ledger: Ledger | null): void {
    const written = this.used.get(nodeId)?.written ?? 0;
    const due = ledger !== null && at - written >= WRITE_EVERY_MS;
    this.used.set(nodeId, { at, written: due ? at : written });
    // What is lost with a failed write is shown from memory until the process ends.
    if (due) void ledger.setSetting(settingName(nodeId), new Date(at).toISOString()).catch(() => {});
  }

  async last(nodeId: string, ledger: Ledger | null): Promise<string | null> {
    const known = this.used.get(nodeId);
    if (known) return new Date(known.at).toISOString();
    return ledger ? ledger.getSetting(settingName(nodeId)) : null;
  }

  /** `GET shelfwire/hmac-verify/:id` → `{previousUsed: <ISO time> | null}` */
  route(red: RED): void {
    red.httpAdmin.get(
      '/shelfwire/hmac-verify/:id',
      red.auth.needsPermission('shelfwire.read'),
      async (req: IncomingMessage & { params: { id: string } }, res: ServerResponse) => {
        const def = red.nodes.getNode(req.params.id) as { ledgerId?: string } | null;
        let ledger: Ledger | null = null;
        try {
          ledger = def?.ledgerId ? ledgerNode(red, def.ledgerId).current() : null;
        } catch {
          // A ledger that is not there has nothing to tell.
        }
        let previousUsed: string | null = null;
        try {
          previousUsed = await this.last(req.params.id, ledger);
        } catch {
          // Nor has one that cannot be read; its own status says so.
        }
        setSafeHeaders(res);
        res.setHeader('Content-Type', 'application/json; charset=utf-8');
        res.end(JSON.stringify({ previousUsed }));
      },
    );
  }
}

export const previousUses = () => shared('hmac-verify-previous', () => new PreviousUses());
