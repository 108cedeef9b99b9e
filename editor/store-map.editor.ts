/** The table of a receiver's form that maps the sender's locations to stores. */
import { listHeader, nameRemove } from './lists';

export interface StoreRow {
  location?: string | number;
  store_id?: string | number;
}

interface Translator {
  _?(key: string, values?: Record<string, unknown>): string;
}

const ROWS = '#shelfwire-store-map';

/** Hand-written flows may hold an object `{"<location>": "<store_id>"}`. */
function rowsOf(value: unknown): StoreRow[] {
  if (Array.isArray(value)) return value as StoreRow[];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([location, store_id]) => ({ location, store_id: store_id as string }));
}

/** Validator of `storeMap`. Catalogue keys `error.storeRow`, `error.storeTwice`, `error.locationTwice`. */
export function validStoreMap(this: Translator, value: unknown, _options?: unknown): boolean | string {
  const rows = rowsOf(value).map(({ location, store_id }) => [String(location ?? ''), String(store_id ?? '')] as const);
  const say = (key: string, name: string) => this._?.(key, { name }) ?? false;
  for (const [index, [location, store]] of rows.entries()) {
    if (location === '' || store === '') return say('error.storeRow', location || store);
    const before = rows.slice(0, index);
    if (before.some(([other]) => other === location)) return say('error.locationTwice', location);
    if (before.some(([, other]) => other === store)) return say('error.storeTwice', store);
  }
  return true;
}

/** Draws the table. Catalogue keys `placeholder.location`, `placeholder.store`, `label.addStore`. */
export function showStoreMap(node: EditorNode): void {
  const list = $(ROWS);
  list.editableList<StoreRow>({
    header: listHeader([node._('placeholder.location'), node._('placeholder.store')], '22px'),
    addButton: node._('label.addStore'),
    removable: true,
    sortable: true,
    height: 'auto',
    addItem(container, _index, row) {
      nameRemove(container);
      container.css({ display: 'flex', 'align-items': 'center', gap: '8px' });
      const input = (name: string, value: unknown, key: string) =>
        $('<input type="text" />')
          .addClass(name)
          .attr({ placeholder: node._(key), 'aria-label': node._(key) })
          .css({ flex: '1', 'min-width': '0', 'unicode-bidi': 'plaintext' })
          .val(value === undefined ? '' : String(value))
          .appendTo(container);
      input('sw-location', row.location, 'placeholder.location');
      // Points from the first field to the second in either direction of writing.
      $('<span aria-hidden="true">:</span>').appendTo(container);
      input('sw-store', row.store_id, 'placeholder.store');
    },
  });
  for (const row of rowsOf(node.storeMap)) list.editableList('addItem', row);
}

/** Rows as they are stored; wholly empty ones are left out. */
export function readStoreMap(): StoreRow[] {
  const rows: StoreRow[] = [];
  $(ROWS)
    .editableList('items')
    .each(function () {
      const location = $(this).find('.sw-location').val();
      const store_id = $(this).find('.sw-store').val();
      if (location !== '' || store_id !== '') rows.push({ location, store_id });
    });
  return rows;
}
