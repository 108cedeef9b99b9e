/**
 * The routes of all receivers, kept as long as the process: while their nodes are being deployed they answer 503 +
 * Retry-After, since a sender that reads 404 may drop the message for good. One registry, whatever number of nodes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigError } from '../../core/errors';
import type { Lease } from './in-flight';
import { firstSegment, type PathParams, type PathPattern } from './paths';

/** A request whose body was read. */
export interface Captured {
  route: Route;
  params: PathParams;
  rawBody: Buffer;
  /** When the request began, before its body came: milliseconds since 1970, as of `arrivalTime`. */
  arrivedAt: number;
  lease: Lease;
  /** The node has it: its answer gives the lease back. */
  handed: boolean;
}

export interface Route {
  readonly method: string;
  readonly pattern: PathPattern;
  /** Id and name of the node, for messages to the operator. */
  readonly owner: string;
  readonly ownerName: string;
  /** Bytes. */
  readonly maxBody: number;
  /** Content types that are taken; empty = any. */
  readonly types: readonly string[];
  /** Null: the node is being deployed, or cannot work; `why` says it. */
  handle: ((req: IncomingMessage, res: ServerResponse, captured: Captured) => void) | null;
  why: string | null;
  /** Called when a request could not be taken for a reason that the operator has to mend. */
  onProblem(message: string): void;
}

/** What does not receive, and why. */
export interface Down {
  method: string;
  path: string;
  why: string;
}

export class Routes {
  /** Nodes that could not even get their address, by id. */
  private readonly homeless = new Map<string, Down>();
  private readonly byKey = new Map<string, Route>();
  private ordered: Route[] = [];

  /** @throws ConfigError `path_in_use` when another node that is up has the same method and path */
  add(route: Route): void {
    const key = keyOf(route);
    const other = this.byKey.get(key);
    if (other?.handle && other.owner !== route.owner)
      throw new ConfigError(
        `${route.method} ${route.pattern.text} is already used by "${other.ownerName}". ` +
          'Give one of the two another path and make a full deploy. Until then only the other one receives.',
        'path_in_use',
      );
    this.byKey.set(key, route);
    this.order();
  }

  /** The node is closing: its path answers 503 until somebody takes it or the deploy has ended. */
  suspend(route: Route): void {
    route.handle = null;
    route.why = null;
  }

  /** The deploy has ended: what nobody took again is gone. A route that gives a reason still has its node. */
  prune(): void {
    for (const [key, route] of this.byKey) if (!route.handle && route.why === null) this.byKey.delete(key);
    this.order();
  }

  /** @throws InvalidInputError `malformed_path` */
  find(method: string | undefined, pathname: string): { route: Route; params: PathParams } | null {
    const wanted = method === 'HEAD' ? 'GET' : method;
    for (const route of this.ordered) {
      if (route.method !== wanted) continue;
      const params = route.pattern.match(pathname);
      if (params) return { route, params };
    }
    return null;
  }

  /** Methods under which a path is known. */
  methods(pathname: string): string[] {
    try {
      return this.ordered.filter((route) => route.pattern.match(pathname) !== null).map((route) => route.method);
    } catch {
      return [];
    }
  }

  /** True for a path that begins as one of ours does. */
  isNear(pathname: string): boolean {
    const first = firstSegment(pathname);
    return this.ordered.some((route) => firstSegment(route.pattern.key) === first);
  }

  /** Paths that do not receive right now, with the reason. */
  down(): Down[] {
    const routes = this.ordered
      .filter((route) => !route.handle)
      .map((route) => ({ method: route.method, path: route.pattern.text, why: route.why ?? 'being deployed' }));
    return [...routes, ...this.homeless.values()];
  }

  /** The node receives nowhere: its address is wrong, or another node's. @returns a function that ends this */
  declareHomeless(node: string, down: Down): () => void {
    this.homeless.set(node, down);
    return () => {
      if (this.homeless.get(node) === down) this.homeless.delete(node);
    };
  }

  private order(): void {
    this.ordered = [...this.byKey.values()].sort((a, b) => a.pattern.params - b.pattern.params);
  }
}

function keyOf(route: Route): string {
  return `${route.method} ${route.pattern.key}`;
}
