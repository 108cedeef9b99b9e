/** The settings as they stand in an open dialog, for what tries them before a deploy (runtime/drafts.ts). */
import { post } from '../sidebar/api';

export type Prefix = 'node-input' | 'node-config-input';

export interface Draft {
  id: string;
  config: Record<string, unknown>;
  credentials: Record<string, string>;
  ask?: Record<string, unknown>;
}

/** @param lists properties that no single input holds, read by the dialog's own code */
export function readDraft(node: EditorNode, prefix: Prefix, lists: Record<string, unknown> = {}): Draft {
  const type = RED.nodes.getType(node.type)!;
  const config: Record<string, unknown> = {};
  for (const name of Object.keys(type.defaults)) {
    const input = $(`#${prefix}-${name}`);
    if (input.length === 0) config[name] = node[name];
    else if (input.attr('type') === 'checkbox') config[name] = input.prop('checked');
    // "Add new …" in the list of config nodes is none.
    else config[name] = input.val() === '_ADD_' ? '' : (input.val() ?? node[name]);
  }
  const credentials: Record<string, string> = {};
  for (const name of Object.keys(type.credentials ?? {})) {
    const input = $(`#${prefix}-${name}`);
    // What the editor is not told shows as a row of dots and is taken from what is stored.
    if (input.length > 0) credentials[name] = input.val();
  }
  return { id: node.id, config: { ...config, ...lists }, credentials };
}

export interface TestResult {
  ok: boolean;
  code: string;
  message: string;
  values?: Record<string, string | number>;
}

/** @param type without its prefix */
export const runTest = (type: string, draft: Draft): Promise<TestResult> => post(`test/${type}`, draft);
