/**
 * Keeps the marks of Shelfwire's nodes true while the flows are drawn: a warning of one node may come and go with a wire or
 * a row at another. Node-RED itself lists marked nodes before a deploy.
 */
import { _ } from '../sidebar/words';
import type { Flow } from './flow';
import { readFlow, secretsOf } from './read.editor';
import { type Warning, warningsOf } from './rules';

/** Credentials that rules ask for, by type. */
const ASKED: Record<string, string[]> = { 'shelfwire-hmac-verify': ['secret'], 'shelfwire-catalogue-in': ['token'] };
const EVENTS = [
  'nodes:add',
  'nodes:remove',
  'nodes:change',
  'links:add',
  'links:remove',
  'flows:change',
  'flows:loaded',
  'deploy',
];
const PAUSE_MS = 150;

export class Watch {
  private warnings: Warning[] | null = null;
  private readonly secrets = new Map<string, Record<string, boolean>>();
  private readonly asked = new Set<string>();
  private timer: number | undefined;

  /** Called once, when the editor starts. */
  start(): void {
    for (const event of EVENTS) RED.events.on(event, () => this.later());
  }

  /** For the validator of a property: true, or what is wrong. @param value as it stands in an open dialog */
  of(node: EditorNode, property: string, value: unknown): true | string {
    const typed = value !== undefined && value !== node[property] && typeof value !== 'object';
    const all = typed ? warningsOf(this.readWith(node.id, property, value)) : this.all();
    const found = all.find((warning) => warning.node === node.id && warning.property === property);
    return found ? _(`warning.${found.key}`, found.values) : true;
  }

  /** Read once for all validators that run one after the other. */
  private all(): Warning[] {
    if (!this.warnings) {
      this.warnings = warningsOf(readFlow(this.secrets));
      window.setTimeout(() => {
        this.warnings = null;
      }, 0);
    }
    return this.warnings;
  }

  private readWith(id: string, property: string, value: unknown): Flow {
    const flow = readFlow(this.secrets);
    const node = flow.get(id);
    if (node) node.props = { ...node.props, [property]: value };
    return flow;
  }

  private later(): void {
    this.warnings = null;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.askSecrets();
      this.mark();
    }, PAUSE_MS);
  }

  private mark(): void {
    let changed = false;
    const check = (node: EditorNode) => {
      if (!node.type.startsWith('shelfwire-')) return;
      const before = String(node.validationErrors);
      RED.editor.validateNode(node);
      if (String(node.validationErrors) === before) return;
      node.dirty = true;
      changed = true;
    };
    // First what others refer to: a node is marked when its config node is.
    RED.nodes.eachConfig(check);
    RED.nodes.eachNode(check);
    if (changed) RED.view.redraw();
  }

  /** The editor is told of a node's credentials only when its dialog opens; so they are asked for as the dialog does. */
  private askSecrets(): void {
    RED.nodes.eachNode((node) => {
      const names = ASKED[node.type];
      if (!names || this.asked.has(node.id) || secretsOf(node)) return;
      this.asked.add(node.id);
      $.getJSON(`credentials/${node.type}/${node.id}`, (stored: Record<string, unknown>) => {
        this.secrets.set(node.id, Object.fromEntries(names.map((name) => [name, stored[`has_${name}`] === true])));
        this.later();
      });
    });
  }
}
