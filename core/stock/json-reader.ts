/**
 * The reader behind exact-json.ts: one JSON text (RFC 8259), value by value, in pieces of a given length, so that a long
 * text holds nobody up. It keeps its own stack: no nesting can exhaust the machine's.
 */
import { InvalidInputError } from '../errors';
import { JsonNumber, type JsonObject, type JsonValue } from './json-number';

/** Deeper nesting than any payload needs. */
const MAX_DEPTH = 64;
/** Characters of one text; more could not be looked through in one go. */
const MAX_TEXT = 1024 * 1024;
/** Of texts longer than this, parts are copied: a part of a long text would keep all of it in memory. */
const KEEP = 64 * 1024;

/** What may come next. */
const VALUE = 0;
const FIRST_ITEM = 1;
const FIRST_KEY = 2;
const KEY = 3;
const COLON = 4;
const AFTER = 5;

const END = 6;

type Container = JsonValue[] | JsonObject;

export interface ReadOptions {
  /** Give the items of a list one by one, instead of the list. */
  items: boolean;
  /** Values that one item (or the whole) may hold. */
  most: number;
}

export class JsonReader {
  /** What was completed: the whole, or an item of the list. */
  value: JsonValue = null;
  /** A key that was named twice in it: its text is sound, its meaning is not. */
  fault: InvalidInputError | null = null;
  private readonly text: string;
  private readonly options: ReadOptions;
  private readonly long: boolean;
  private at = 0;
  private next = VALUE;
  private container: Container | null = null;
  private key = '';
  /** The list whose items are given one by one. */
  private root: Container | null = null;
  private readonly outer: Container[] = [];
  private readonly outerKeys: string[] = [];
  private complete = false;
  private values = 0;
  private count = 0;

  constructor(text: string, options: ReadOptions) {
    this.text = text;
    this.options = options;
    this.long = text.length > KEEP;
    if (text.charCodeAt(0) === 0xfeff) this.at = 1;
  }

  /**
   * Reads on, about `length` characters at most: `value` when one is complete (see `value`, `fault`), `end` after the
   * last, else `more`.
   * @throws InvalidInputError `malformed_json`, `too_deep`, `text_too_long`, `item_too_large`, `number_out_of_range`
   */
  advance(length: number): 'value' | 'more' | 'end' {
    const { text } = this;
    const until = this.at + length;
    while (this.at < until) {
      const code = text.charCodeAt(this.at);
      if (code === 32 || code === 10 || code === 13 || code === 9) {
        this.at += 1;
        continue;
      }
      switch (this.next) {
        case FIRST_ITEM:
          if (code === 93) this.close();
          else this.open(code);
          break;
        case VALUE:
          this.open(code);
          break;
        case FIRST_KEY:
          if (code === 125) this.close();
          else this.readKey(code);
          break;
        case KEY:
          this.readKey(code);
          break;
        case COLON:
          if (code !== 58) throw this.malformed();
          this.at += 1;
          this.next = VALUE;
          break;
        case AFTER:
          this.goOn(code);
          break;
        default:
          if (this.at < text.length) throw this.malformed();
          return 'end';
      }
      if (this.complete) {
        this.complete = false;
        return 'value';
      }
    }
    return 'more';
  }

  /** Behind a value inside of a list or an object. */
  private goOn(code: number): void {
    const list = Array.isArray(this.container);
    if (code === 44) {
      this.next = list ? VALUE : KEY;
      this.at += 1;
    } else if (code === (list ? 93 : 125)) this.close();
    else throw this.malformed();
  }

  /** The content may hold anything, so it is not quoted; only the place is told. */
  private malformed(at = this.at): InvalidInputError {
    const inside = at < this.text.length;
    const where = inside ? `see character ${at + 1}` : /\S/.test(this.text) ? 'it ends too early' : 'it is empty';
    return this.refusal(
      'malformed_json',
      `The body is not valid JSON: ${where}${this.place}. Send it as a JSON library writes it.`,
    );
  }

  private get place(): string {
    return this.root === null ? '' : ` (item ${this.count} of the list)`;
  }

  private refusal(code: string, message: string): InvalidInputError {
    return new InvalidInputError(code, message);
  }

  /** Begins the value whose first character is `code`. */
  private open(code: number): void {
    if (this.container === this.root) {
      this.values = 0;
      this.count += 1;
      this.fault = null;
    }
    this.values += 1;
    if (this.values > this.options.most)
      throw this.refusal(
        'item_too_large',
        `One item${this.place} holds more than ${this.options.most} values. Send only what belongs to the item.`,
      );
    switch (code) {
      case 34:
        this.put(this.readString());
        return;
      case 91:
        this.enter([], FIRST_ITEM);
        return;
      case 123:
        this.enter({}, FIRST_KEY);
        return;
      case 116:
        this.word('true', true);
        return;
      case 102:
        this.word('false', false);
        return;
      case 110:
        this.word('null', null);
        return;
      default:
        this.put(this.readNumber());
    }
  }

  private enter(container: Container, next: number): void {
    if (this.container !== null) {
      this.outer.push(this.container);
      this.outerKeys.push(this.key);
      if (this.outer.length >= MAX_DEPTH)
        throw this.refusal(
          'too_deep',
          `The body is nested more than ${MAX_DEPTH} levels deep${this.place}. Send it flatter.`,
        );
    } else if (this.options.items && next === FIRST_ITEM) {
      this.root = container;
      this.count = 0;
    }
    this.container = container;
    this.next = next;
    this.at += 1;
  }

  private close(): void {
    const closed = this.container as Container;
    this.at += 1;
    if (closed === this.root) {
      this.next = END;
      return;
    }
    this.container = this.outer.pop() ?? null;
    this.key = this.outerKeys.pop() ?? '';
    this.put(closed);
  }

  private put(value: JsonValue): void {
    const { container } = this;
    this.next = AFTER;
    if (container === this.root) {
      this.value = value;
      this.complete = true;
      if (container === null) this.next = END;
    } else if (Array.isArray(container)) container.push(value);
    // Assigned, it would become the prototype.
    else if (this.key === '__proto__')
      Object.defineProperty(container, this.key, { value, enumerable: true, writable: true, configurable: true });
    else (container as JsonObject)[this.key] = value;
  }

  private readKey(code: number): void {
    if (code !== 34) throw this.malformed();
    const key = this.readString();
    this.key = key;
    this.next = COLON;
    const object = this.container as JsonObject;
    if (object[key] !== undefined && Object.hasOwn(object, key))
      this.fault ??= new InvalidInputError(
        'duplicate_key',
        `"${key.toWellFormed().slice(0, 60)}" is there twice, so it is not clear which value is meant. Send each key once.`,
        key,
      );
  }

  private word(word: string, value: null | boolean): void {
    if (!this.text.startsWith(word, this.at)) {
      let wrong = this.at;
      while (this.text.charCodeAt(wrong) === word.charCodeAt(wrong - this.at)) wrong += 1;
      throw this.malformed(wrong);
    }
    this.at += word.length;
    this.put(value);
  }

  /** The text whose opening quote is next. */
  private readString(): string {
    const { text } = this;
    const start = this.at + 1;
    let end = start;
    for (const most = start + 64; end < most; end++) {
      const code = text.charCodeAt(end);
      if (code === 34) {
        this.at = end + 1;
        const read = text.slice(start, end);
        return this.long && end - start > 12 ? JSON.parse(`"${read}"`) : read;
      }
      // An escape, a control character, or the end of the text: the long way.
      if (code === 92 || !(code >= 32)) break;
    }
    return this.readLongString(start, end);
  }

  private readLongString(start: number, from: number): string {
    const { text } = this;
    let end = text.indexOf('"', from);
    for (; end >= 0 && end - start <= MAX_TEXT; end = text.indexOf('"', end + 1)) {
      let escapes = 0;
      while (text.charCodeAt(end - 1 - escapes) === 92) escapes += 1;
      if (escapes % 2 === 1) continue;
      this.at = end + 1;
      try {
        return JSON.parse(text.slice(start - 1, end + 1)) as string;
      } catch {
        throw this.malformed(wrongCharacter(text, start, end));
      }
    }
    if (end < 0) throw this.malformed(text.length);
    throw this.refusal(
      'text_too_long',
      `A text of the body${this.place} has more than ${MAX_TEXT} characters. Shorten it, or leave it out.`,
    );
  }

  private readNumber(): JsonNumber {
    const { text, at } = this;
    let end = at;
    if (text.charCodeAt(end) === 45) end += 1;
    if (text.charCodeAt(end) === 48) end += 1;
    else end = this.digits(end);
    if (text.charCodeAt(end) === 46) end = this.digits(end + 1);
    if ((text.charCodeAt(end) | 32) === 101) {
      const sign = text.charCodeAt(end + 1);
      end = this.digits(sign === 43 || sign === 45 ? end + 2 : end + 1);
    }
    this.at = end;
    return new JsonNumber(text.slice(at, end));
  }

  /** Behind the digits at `from`, of which there is at least one. */
  private digits(from: number): number {
    const { text } = this;
    let end = from;
    for (let code = text.charCodeAt(end); code >= 48 && code <= 57; ) {
      if (end - from > MAX_TEXT)
        throw this.refusal(
          'number_out_of_range',
          `A number of the body${this.place} has more than a million digits. Send it like 12.40.`,
        );
      code = text.charCodeAt(++end);
    }
    if (end === from) throw this.malformed(end);
    return end;
  }
}

/** Where the escape or control character stands that no JSON text may hold. */
function wrongCharacter(text: string, start: number, end: number): number {
  const sound = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 32) return at;
    if (code !== 92) continue;
    sound.lastIndex = at;
    if (!sound.test(text)) return at;
    at = sound.lastIndex - 1;
  }
  return start;
}
