/**
 * Whether flows are being stopped and started right now. What is sent then may reach a node that is closed already, and
 * vanish: nothing new is begun meanwhile, and nothing is handed to a node that might not take it.
 */
import type { RED } from './red';
import { shared } from './shared';

interface State {
  deploying: boolean;
}

/** @returns a question that can be asked at any time */
export function deploys(red: RED): () => boolean {
  const state = shared('deploying', (): State => {
    const made: State = { deploying: false };
    red.events.on('flows:stopping', () => {
      made.deploying = true;
    });
    red.events.on('flows:started', () => {
      made.deploying = false;
    });
    return made;
  });
  return () => state.deploying;
}
