/** The flows as they are drawn, for the rules that warn before a deploy. Nothing of the editor in here. */

export interface FlowNode {
  id: string;
  type: string;
  /** As the operator knows it: for texts. */
  label: string;
  /** Disabled itself, or its tab is. */
  off: boolean;
  /** Stands inside a subflow's template: its wires are only half of the story. */
  inside: boolean;
  /** Its properties as stored. */
  props: Readonly<Record<string, unknown>>;
  /** Names of the credentials that are known to be set (true) or not (false). */
  secrets: Readonly<Record<string, boolean>>;
}

export interface Wire {
  from: string;
  port: number;
  to: string;
}

export interface Reach {
  nodes: FlowNode[];
  /** It goes on where the drawing does not show it: a subflow, the return of a link. */
  open: boolean;
}

/** Output ports that are followed; null = all. */
type Ports = readonly number[] | null;

export class Flow {
  readonly nodes: readonly FlowNode[];
  private readonly byId: Map<string, FlowNode>;
  private readonly next = new Map<string, Wire[]>();
  private readonly before = new Map<string, string[]>();

  constructor(nodes: readonly FlowNode[], wires: readonly Wire[]) {
    this.nodes = nodes;
    this.byId = new Map(nodes.map((node) => [node.id, node]));
    for (const wire of wires) {
      push(this.next, wire.from, wire);
      push(this.before, wire.to, wire.from);
    }
  }

  get(id: unknown): FlowNode | undefined {
    return typeof id === 'string' ? this.byId.get(id) : undefined;
  }

  /** Nodes of these types that run. */
  running(...types: string[]): FlowNode[] {
    return this.nodes.filter(({ type, off }) => !off && types.includes(type));
  }

  /** Everything behind these outputs. @param portsOf which outputs of a node on the way are followed */
  behind(start: string, ports: Ports, portsOf: (node: FlowNode) => Ports = () => null): Reach {
    const seen = new Set<string>();
    const found: Reach = { nodes: [], open: false };
    const walk = (id: string, allowed: Ports) => {
      for (const { port, to } of this.next.get(id) ?? []) {
        if ((allowed && !allowed.includes(port)) || seen.has(to)) continue;
        const node = this.byId.get(to);
        if (node?.off) continue;
        seen.add(to);
        if (node) found.nodes.push(node);
        if (node && goesOn(node)) found.open = true;
        walk(to, node ? portsOf(node) : null);
      }
    };
    walk(start, ports);
    return found;
  }

  /** Everything in front of a node. */
  inFrontOf(start: string): FlowNode[] {
    const seen = new Set<string>();
    const walk = (id: string) => {
      for (const from of this.before.get(id) ?? []) {
        if (seen.has(from) || this.byId.get(from)?.off) continue;
        seen.add(from);
        walk(from);
      }
    };
    walk(start);
    return [...seen].flatMap((id) => this.byId.get(id) ?? []);
  }
}

const goesOn = ({ type, props }: FlowNode): boolean =>
  type.startsWith('subflow:') || type === 'link call' || (type === 'link out' && props.mode === 'return');

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
