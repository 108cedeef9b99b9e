/** The examples in the real editor: Import → Examples offers them, and what it imports is valid and deploys. */
import assert from 'node:assert/strict';
import { type OpenEditor, openEditor } from '../support/browser';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from '../support/node-red';

/** What the editor's own globals offer beyond what the forms use. */
interface EditorNodes {
  import(nodes: unknown, options: object): unknown;
  eachNode(callback: (node: Found) => void): void;
  eachConfig(callback: (node: Found) => void): void;
}
interface Found {
  id: string;
  type: string;
  valid: boolean;
  _def: { defaults: Record<string, unknown> };
  validationErrors?: string[];
  credentials?: Record<string, unknown>;
}

const MODULE = '@shelfwire/node-red-shelfwire';

describe('the examples in the editor', function () {
  this.timeout(90_000);
  let red: RunningNodeRed;
  let editor: OpenEditor;

  before(async () => {
    red = await startNodeRed({
      flows: [
        { id: 'tab', type: 'tab', label: 'test' },
        { id: 'first', type: 'comment', name: '', info: '', z: 'tab', x: 100, y: 80, wires: [[]] },
      ],
      env: { PARADIGM_WEBHOOK_SECRET: 'of the test' },
    });
    editor = await openEditor(red.adminUrl, 'first');
  });
  after(async () => {
    await editor?.close();
    await red?.stop();
  });

  const library = async <T>(path = ''): Promise<T> => {
    const answer = await fetch(`${red.adminUrl}/library/examples/flows/${MODULE}/${path}`);
    assert.equal(answer.status, 200);
    return (await answer.json()) as T;
  };

  it('are offered under Import → Examples, and are valid once imported', async () => {
    const offered = await library<{ fn: string }[]>();
    assert.equal(offered.length, 14);
    for (const { fn } of offered) {
      const nodes = await library<FlowEntry[]>(encodeURIComponent(fn));
      const wrong = await editor.page.evaluate((imported) => {
        const all = RED.nodes as unknown as EditorNodes;
        all.import(imported, { generateIds: false });
        const found: string[] = [];
        const look = ({ id, type, valid, validationErrors }: Found) => {
          if (!valid) found.push(`${type} ${id}: ${(validationErrors ?? []).join(', ')}`);
        };
        // What the form does not know would be lost; what is missing would be changed by opening the dialog.
        for (const node of imported.filter(({ type }) => type.startsWith('shelfwire-'))) {
          const known = Object.keys((RED.nodes.node(node.id) as unknown as Found)._def.defaults);
          const own = ['id', 'type', 'z', 'x', 'y', 'wires', 'credentials'];
          for (const name of Object.keys(node))
            if (!known.includes(name) && !own.includes(name)) found.push(`${node.id}: ${name} is not known`);
          for (const name of known) if (!(name in node)) found.push(`${node.id}: ${name} is missing`);
        }
        all.eachNode(look);
        all.eachConfig(look);
        return found;
      }, nodes);
      assert.deepEqual(wrong, [], fn);
    }
    assert.deepEqual(editor.errors, []);
  });

  it('bring the names of the variables that hold their secrets', async () => {
    const credentials = await editor.page.evaluate(
      () => (RED.nodes.node('ex01-hmac-verify') as unknown as Found).credentials,
    );
    assert.match(String(credentials?.secret), /^\$\{PARADIGM_WEBHOOK_SECRET\}$/);
  });
});
