/** Where the passwords of device accounts are kept. Node-RED wants every credential declared, so there is a fixed number. */
export const SLOTS = 500;

export const passwordOf = (slot: number): string => `password_${slot}`;
