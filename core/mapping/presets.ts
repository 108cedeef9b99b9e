/** Mappings to start from. Choosing one in the form fills the table; the table is what counts. */
export interface Preset {
  fields: Record<string, unknown>[];
  wrap: string;
}

export const PRESETS = {
  /** The bare list of seed 001: `[{"sku", "selling_price", "stock_status"}]`, confirmed by Pasons. */
  none: { fields: [], wrap: '' },
  /** The renaming that seed 001 shows as an example. */
  'pasons-example': {
    fields: [
      { from: 'sku', to: 'product_id', type: 'text' },
      { from: 'selling_price', to: 'price', type: 'number' },
      { from: 'stock_status', to: 'is_available', type: 'boolean' },
    ],
    wrap: '',
  },
  /** The same items inside an envelope that names the branch. */
  'branch-envelope': {
    fields: [
      { from: 'sku', to: 'product_id', type: 'text' },
      { from: 'selling_price', to: 'price', type: 'number' },
      { from: 'stock_status', to: 'is_available', type: 'boolean' },
    ],
    wrap: '{"branch_id":"{store_id}","products":"{items}"}',
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS | 'custom';

export function presetOf(name: unknown): Preset | undefined {
  return Object.hasOwn(PRESETS, String(name)) ? PRESETS[name as keyof typeof PRESETS] : undefined;
}
