/** Is everything up that senders need? Parts of the process report here; the ledger's health route asks. */
import { shared } from './shared';

/** Null = up; else why not, in words for an operator. */
export type HealthCheck = () => string | null;

const checks = () => shared('health-checks', () => new Map<string, HealthCheck>());

/** @returns a function that ends the check */
export function watchHealth(name: string, check: HealthCheck): () => void {
  checks().set(name, check);
  return () => {
    if (checks().get(name) === check) checks().delete(name);
  };
}

/** What is not up, by name. */
export function unhealthy(): { name: string; why: string }[] {
  return [...checks()].flatMap(([name, check]) => {
    const why = check();
    return why === null ? [] : [{ name, why }];
  });
}
