/** The workspace of the editor as the rules want it. */
import { Flow, type FlowNode, type Wire } from './flow';

/** @param secrets of nodes whose credentials the editor does not hold, as they were asked for */
export function readFlow(secrets: ReadonlyMap<string, Record<string, boolean>>): Flow {
  const nodes: FlowNode[] = [];
  const wires: Wire[] = [];
  const read = (node: EditorNode) => {
    nodes.push({
      id: node.id,
      type: node.type,
      label: labelOf(node),
      off: node.d === true || RED.nodes.workspace(node.z)?.disabled === true,
      inside: RED.nodes.subflow(node.z) !== undefined,
      props: node,
      secrets: secretsOf(node) ?? secrets.get(node.id) ?? {},
    });
    if ((node.type === 'link out' || node.type === 'link call') && Array.isArray(node.links))
      for (const to of node.links as string[]) wires.push({ from: node.id, port: 0, to });
  };
  RED.nodes.eachNode(read);
  RED.nodes.eachConfig(read);
  RED.nodes.eachLink(({ source, sourcePort, target }) => {
    wires.push({ from: source.id, port: sourcePort, to: target.id });
  });
  return new Flow(nodes, wires);
}

/** Null while the editor was not told: before a node's dialog was opened. */
export function secretsOf({ credentials }: EditorNode): Record<string, boolean> | null {
  if (!credentials || Object.keys(credentials).length === 0) return null;
  const known: Record<string, boolean> = {};
  for (const [name, value] of Object.entries(credentials)) {
    if (name.startsWith('has_')) known[name.slice(4)] = value === true;
    else if (typeof value === 'string') known[name] ??= value !== '';
  }
  return known;
}

function labelOf(node: EditorNode): string {
  return RED.utils.getNodeLabel(node) || node.name || node.type;
}
