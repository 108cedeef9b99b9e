/** Addresses that a program listens on, as those who want to reach it have to write them. */

const EVERY_ADDRESS = /^(0\.0\.0\.0|::|\*)$/;
const LOOPBACK = /^(127\.|localhost$|::1$)/;

/** Where the editor was reached, what listens on every address is reached too. */
export const reachedAt = (host: string): string => (EVERY_ADDRESS.test(host) ? location.hostname : host);

/** Only programs on that machine reach it. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);
