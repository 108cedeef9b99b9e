/** JSON without losing a digit: numbers stay the text that was sent, in both directions. */
interface SourceTextJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
}

const json = JSON as unknown as SourceTextJson;

/** A number as it was written; `JSON.stringify` writes it again the same way. */
export interface ExactNumber {
  readonly rawJSON: string;
}

export function parseExact(text: string): unknown {
  return json.parse(text, (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined ? json.rawJSON(context.source) : value,
  );
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return typeof value === 'object' && value !== null && 'rawJSON' in value;
}

/** `text`, a decimal, as a JSON number with exactly these digits. */
export function exactNumber(text: string): ExactNumber {
  return json.rawJSON(text) as ExactNumber;
}

/** Text of a scalar: `"12.40"` and `12.40` alike. */
export function scalarText(value: unknown): string {
  return isExactNumber(value) ? value.rawJSON : String(value);
}
