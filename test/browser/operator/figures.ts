/** The dashboard and the alert rules ask only for what a shop that trades really answers: metrics, and their labels. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { ROOT } from '../../support/node-red';
import type { OperatorShop } from './shop';

/** Prometheus puts them on what it scrapes. */
const OF_SCRAPE = ['job', 'instance'];

export function figures(shop: () => OperatorShop): void {
  // In a block of its own, so that it comes in its turn: it makes a problem.
  describe('the figures', () => {
    it('every metric of the dashboard and the alert rules is in a real scrape, with the labels that they ask for', async () => {
      // Somebody who cannot prove who he is.
      await fetch(`${shop().red.url}/webhook/paradigm/inventory`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Signature': '00' },
        body: '{}',
      });
      const dashboard = JSON.parse(readFileSync(join(ROOT, 'docs/grafana/shelfwire-dashboard.json'), 'utf8')) as {
        panels: { targets: { expr: string }[] }[];
      };
      const asked = [
        ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
        readFileSync(join(ROOT, 'docs/grafana/alerts.yml'), 'utf8').replace(/#.*$/gm, ''),
      ].join('\n');
      // Problems are looked for now and then.
      await eventually(async () => {
        const scrape = await (await shop().ask('GET', 'shelfwire/metrics')).text();
        const labels = new Map<string, Set<string>>();
        for (const [, name, list = ''] of scrape.matchAll(/^(shelfwire_\w+)(?:\{([^}]*)\})? /gm)) {
          const known = labels.get(name!) ?? new Set();
          for (const [, label] of list.matchAll(/(\w+)="/g)) known.add(label!);
          labels.set(name!, known);
        }
        const wrong: string[] = [];
        for (const [, name, selector = ''] of asked.matchAll(/\b(shelfwire_\w+)(?:\{([^}]*)\})?/g)) {
          const known = labels.get(name!);
          if (!known) wrong.push(`${name} is not in the scrape`);
          for (const [, label] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
            if (known && !known.has(label!) && !OF_SCRAPE.includes(label!)) wrong.push(`${name} has no label ${label}`);
        }
        assert.deepEqual([...new Set(wrong)], []);
        return true;
      }, 40_000);
    });
  });
}
