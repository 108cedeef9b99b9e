/**
 * Passwords of devices that were made in the sidebar: only their scrypt hashes are kept. A hash is worked out once; what
 * proved right (or wrong) is remembered, so that two hundred devices that come back at once cost no more than their first login.
 */
import { createHmac, randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';

/** The passwords have 80 random bits, so this need not be slow. */
const COST = 4096;
const BYTES = 32;
/** Without letters that are easily taken for others. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789A';
const AT_ONCE = 2;
const WAITING_PER_ACCOUNT = 8;
const WRONGS_KEPT = 8;

/** Four groups of four, to be typed on a small keyboard where there is no camera. */
export function makePassword(): string {
  return Array.from({ length: 4 }, () =>
    Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join(''),
  ).join('-');
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `scrypt$${salt.toString('base64')}$${(await derive(password, salt)).toString('base64')}`;
}

function derive(password: string | Buffer, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, BYTES, { N: COST, r: 8, p: 1 }, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

interface Known {
  right: string | null;
  wrong: string[];
  waiting: Map<string, Promise<boolean>>;
}

export class PasswordChecks {
  /** Of this process only. */
  private readonly key = randomBytes(32);
  private readonly known = new Map<string, Known>();
  private running = 0;
  private readonly line: (() => void)[] = [];

  /** At once where the answer is known; null: too many logins of this account are being looked at, come again. */
  matches(hash: string, password: string | Buffer): boolean | null | Promise<boolean> {
    const known = this.of(hash);
    const tag = createHmac('sha256', this.key).update(password).digest('base64');
    if (known.right !== null && timingSafeEqual(Buffer.from(known.right), Buffer.from(tag))) return true;
    if (known.wrong.includes(tag)) return false;
    const same = known.waiting.get(tag);
    if (same) return same;
    if (known.waiting.size >= WAITING_PER_ACCOUNT) return null;
    const check = this.work(hash, Buffer.from(password)).then((right) => {
      known.waiting.delete(tag);
      if (right) known.right = tag;
      else if (known.wrong.push(tag) > WRONGS_KEPT) known.wrong.shift();
      return right;
    });
    known.waiting.set(tag, check);
    return check;
  }

  /** Forgets what is not in use any more. */
  keep(hashes: ReadonlySet<string>): void {
    for (const hash of this.known.keys()) if (!hashes.has(hash)) this.known.delete(hash);
  }

  private of(hash: string): Known {
    let known = this.known.get(hash);
    if (!known) {
      known = { right: null, wrong: [], waiting: new Map() };
      this.known.set(hash, known);
    }
    return known;
  }

  private async work(hash: string, password: Buffer): Promise<boolean> {
    const [, salt = '', wanted = ''] = hash.split('$');
    if (this.running >= AT_ONCE) await new Promise<void>((resolve) => this.line.push(resolve));
    else this.running += 1;
    try {
      const expected = Buffer.from(wanted, 'base64');
      const found = await derive(password, Buffer.from(salt, 'base64'));
      return expected.length === found.length && timingSafeEqual(expected, found);
    } catch {
      return false;
    } finally {
      const next = this.line.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
