/** What the field mapper's dialog shows: the same mapping, run on a sample, with what changed and what is refused. */
import type { Compile } from './expression';
import { compileMapping } from './mapper';
import { parseMapping } from './table';
import { applyWrap, type WrapValues } from './wrap';

export interface PreviewField {
  name: string;
  /** JSON text of the value. */
  text: string;
  /** The item had no such field, or another value under this name. */
  changed: boolean;
}

export interface PreviewRow {
  /** JSON text of the sample's item. */
  source: string;
  fields: PreviewField[];
  /** Why the item is refused; then it has no fields. */
  refused: string | null;
}

export interface Preview {
  rows: PreviewRow[];
  /** The body as it would be sent, for the items that are not refused. */
  body: string;
}

/** Values of the outlet that the sample stands for. */
const SAMPLE_VALUES: Required<WrapValues> = {
  store_id: '1',
  outlet_name: 'Marina',
  platform: 'pasons',
  type: 'partial',
};

/** @throws ConfigError for the table, the wrap or an expression; SyntaxError for the sample */
export async function preview(fields: unknown, wrap: unknown, sample: string, compile?: Compile): Promise<Preview> {
  const mapper = compileMapping(parseMapping(fields, wrap), compile);
  const given: unknown = JSON.parse(sample);
  const items = Array.isArray(given) ? given : [given];
  const { mapped, refused } = await mapper.map(items, SAMPLE_VALUES);
  const rows: PreviewRow[] = items.map((item) => ({ source: JSON.stringify(item), fields: [], refused: null }));
  for (const { index, item } of mapped) rows[index]!.fields = describe(items[index], item);
  for (const { index, message } of refused) rows[index]!.refused = message;
  return {
    rows,
    body: applyWrap(
      mapper.mapping.wrap,
      mapped.map(({ item }) => item),
      SAMPLE_VALUES,
    ),
  };
}

function describe(source: unknown, body: unknown): PreviewField[] {
  const before = typeof source === 'object' && source !== null ? (source as Record<string, unknown>) : {};
  return Object.entries(body ?? {}).map(([name, value]) => {
    const text = JSON.stringify(value);
    return { name, text, changed: !Object.hasOwn(before, name) || JSON.stringify(before[name]) !== text };
  });
}
