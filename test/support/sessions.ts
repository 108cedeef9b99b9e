/** Who is logged in to a Node-RED with `adminAuth`: sessions as it keeps them over a restart. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** bcrypt of "pw"; most come with a token and never type it. */
export const PASSWORD_HASH = '$2y$04$FTEHJHjeqt7cW0JnbsL7O.kFJ4w41DizLu86e/KcON2RfI0eJ/WXm';

export const tokenOf = (name: string): string => `token-of-${name}`;

export interface Session {
  /** Its token is `token-of-<name>`. */
  name: string;
  /** `name` unless said. */
  user?: string;
  scope: string | string[];
  /** For an hour unless said. */
  expires?: number;
}

/** To be called before Node-RED starts. */
export function writeSessions(userDir: string, sessions: Session[]): void {
  const stored = sessions.map(({ name, user = name, scope, expires = Date.now() + 3_600_000 }) => {
    const accessToken = tokenOf(name);
    return [accessToken, { user, client: 'node-red-editor', scope: [scope].flat(), accessToken, expires }];
  });
  mkdirSync(userDir, { recursive: true });
  writeFileSync(join(userDir, '.sessions.json'), JSON.stringify(Object.fromEntries(stored)));
}
