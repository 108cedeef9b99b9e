import { LOAD_CORE, pinnedTo, SERVER_CORE } from './pinned';

export type Core = 'server' | 'load';

/** The command with its arguments that starts a program on this core; empty where the system has none. */
export const onCore = (core: Core): string[] => pinnedTo(core === 'server' ? SERVER_CORE : LOAD_CORE);
