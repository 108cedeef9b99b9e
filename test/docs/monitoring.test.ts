/** The dashboard and the alert rules name only metrics that exist, with labels that these have. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metrics } from '../../runtime/admin/metrics';
import { ROOT } from '../support/node-red';

interface Panel {
  id: number;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { expr: string; legendFormat: string }[];
}

const read = (file: string) => readFileSync(join(ROOT, 'docs/grafana', file), 'utf8');
const dashboard = JSON.parse(read('shelfwire-dashboard.json')) as {
  __inputs: { name: string }[];
  panels: Panel[];
  templating: { list: { definition: string }[] };
};
const alerts = read('alerts.yml');
/** The folded expressions with what follows on indented lines. */
const rules = [...alerts.matchAll(/^ {8}expr: (?:>-\n)?((?:.+\n)(?: {10}.+\n)*)/gm)].map(([, text]) => text!);
const named = (text: string) => [...text.matchAll(/\bshelfwire_\w+/g)].map(([name]) => name);

describe('dashboard and alert rules', () => {
  let families: Map<string, string>;
  before(async () => {
    let text = '';
    for await (const piece of (await metrics()).pieces) text += piece;
    families = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name!, type!]));
  });
  const exists = (name: string) => {
    const family = name.replace(/_(?:bucket|sum|count)$/, '');
    return families.get(name) !== undefined || families.get(family) === 'histogram';
  };

  it('the dashboard names only metrics that exist, and everything that it shows is drawn from one', () => {
    const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    assert.ok(expressions.length > 15);
    for (const expression of [...expressions, ...dashboard.templating.list.map(({ definition }) => definition)]) {
      assert.ok(named(expression).length > 0, expression);
      assert.deepEqual(
        named(expression).filter((name) => !exists(name)),
        [],
        expression,
      );
    }
  });

  it('the dashboard can be imported: one input, panels that do not lie on each other', () => {
    assert.deepEqual(
      dashboard.__inputs.map(({ name }) => name),
      ['DS_PROMETHEUS'],
    );
    const cells = new Set<string>();
    for (const { gridPos, title } of dashboard.panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(!cells.has(`${x},${y}`), title);
          cells.add(`${x},${y}`);
        }
    }
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  });

  it('the alert rules name only metrics that exist, and each says what to do', () => {
    const names = [...alerts.matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name]) => name);
    assert.equal(names.length, new Set(names).size);
    assert.equal(rules.length, names.length);
    for (const rule of rules)
      assert.deepEqual(
        named(rule).filter((name) => !exists(name)),
        [],
        rule,
      );
    assert.equal(alerts.match(/^ {10}summary: \S/gm)?.length, names.length);
    assert.equal(alerts.match(/^ {10}description: \S/gm)?.length, names.length);
    for (const wanted of ['QueueAge', 'ErrorRate', 'DeviceSilent', 'NoSuccess'])
      assert.ok(names.includes(`Shelfwire${wanted}`), wanted);
  });

  it('no metric is left out of both', () => {
    const shown = new Set(
      [
        ...dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => named(expr))),
        ...rules.flatMap(named),
      ].map((name) => name.replace(/_(?:bucket|sum|count)$/, '')),
    );
    const seldom = ['shelfwire_demo', 'shelfwire_disk_free_bytes', 'shelfwire_items_refused_total'];
    assert.deepEqual(
      [...families.keys()].filter((name) => name.startsWith('shelfwire_') && !shown.has(name)).sort(),
      seldom,
    );
  });
});
