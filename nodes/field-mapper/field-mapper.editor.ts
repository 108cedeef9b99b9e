import { compileMapping } from '../../core/mapping/mapper';
import { PRESETS, presetOf } from '../../core/mapping/presets';
import { canonicalMapping, parseMapping } from '../../core/mapping/table';
import { turnForm } from '../../editor/direction';
import { nameRemove } from '../../editor/lists';
import { warned } from '../../editor/warned.editor';
import { compile, PreviewPane, unexpanded } from './preview.editor';
import { drawRow, nameTypedInput, readRow, type StoredRow } from './rows.editor';

const SAMPLE = `[
  {"sku": "9340957005965", "selling_price": 13.99, "stock_status": 1, "quantity": 95},
  {"sku": "9340957005966", "selling_price": 8.5, "stock_status": 0, "quantity": 0}
]`;
const WRAP = '{"branch_id": "{store_id}", "products": "{items}"}';
const PREVIEW_DELAY_MS = 150;

/** True, or what the mapping says about itself. */
function check(fields: unknown, wrap: unknown): boolean | string {
  try {
    compileMapping(parseMapping(unexpanded(fields), wrap), compile);
    return true;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

function readRows(list: JQuery): StoredRow[] {
  const rows: StoredRow[] = [];
  list.editableList('items').each(function () {
    rows.push(readRow($(this)));
  });
  return rows;
}

/** Name of the preset that says exactly this, else `custom`. */
function presetNameOf(fields: unknown, wrap: unknown): string {
  try {
    const meaning = canonicalMapping(parseMapping(fields, wrap));
    for (const [name, preset] of Object.entries(PRESETS))
      if (canonicalMapping(parseMapping(preset.fields, preset.wrap)) === meaning) return name;
  } catch {
    // What is not valid yet is the operator's own.
  }
  return 'custom';
}

const readWrap = (input: JQuery) => (input.typedInput('type') === 'none' ? '' : input.typedInput('value'));

RED.nodes.registerType('shelfwire-field-mapper', {
  category: 'shelfwire',
  color: '#C7B58A',
  defaults: {
    name: { value: '' },
    preset: { value: 'none' },
    // With two parameters: only then does Node-RED take a text as the reason why a value is wrong.
    fields: { value: [], validate: warned('fields', (fields) => check(fields, '')) },
    wrap: { value: '', validate: (wrap, _options) => check([], wrap) },
    version: { value: 1 },
  },
  inputs: 1,
  outputs: 2,
  icon: 'shelfwire-field-mapper.svg',
  outputLabels(index) {
    return this._(index === 0 ? 'output.mapped' : 'output.refused');
  },
  paletteLabel() {
    return this._('palette');
  },
  label() {
    return this.name || this._('palette');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    turnForm(this);
    const translate = (key: string) => this._(key);
    const list = $('#node-input-fields-list');
    const wrap = $('#node-input-wrap');
    const preset = $('#node-input-preset');
    const sample = $('#node-input-sample').val(SAMPLE);
    const pane = new PreviewPane($('#node-input-preview'), translate('preview.empty'));
    let timer: number | undefined;
    // While the form is being filled, what changes is not the operator's doing.
    let filling = true;

    const draw = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void pane.show(readRows(list), readWrap(wrap), sample.val()), PREVIEW_DELAY_MS);
    };
    const changed = () => {
      if (filling) return;
      preset.val(presetNameOf(readRows(list), readWrap(wrap)));
      draw();
    };

    wrap.typedInput({
      default: 'none',
      types: [{ value: 'none', label: translate('how.bare'), hasValue: false }, 'json'],
    });
    // JSON runs from left to right in every language.
    wrap.next('.red-ui-typedInput-container').attr('dir', 'ltr');
    nameTypedInput(wrap, translate('label.wrap'), translate('column.expand'));
    list.editableList<StoredRow>({
      addButton: translate('label.addField'),
      addItem: (container, _index, row) => {
        nameRemove(container);
        drawRow(container, row, translate, changed);
        changed();
      },
      removeItem: changed,
      sortItems: changed,
      sortable: true,
      removable: true,
      height: 'auto',
    });
    const fill = (rows: readonly StoredRow[], text: string) => {
      filling = true;
      list.editableList('empty');
      for (const row of rows) list.editableList('addItem', { ...row });
      wrap.typedInput('type', text === '' ? 'none' : 'json');
      wrap.typedInput('value', text === '' ? WRAP : text);
      filling = false;
      changed();
    };
    const stored: StoredRow[] = Array.isArray(this.fields) ? this.fields : [];
    const own = stored.length > 0 || this.wrap ? undefined : presetOf(this.preset);
    const wrapText = typeof this.wrap === 'string' ? this.wrap : JSON.stringify(this.wrap ?? '');
    fill(own?.fields ?? stored, own?.wrap ?? wrapText);

    preset.on('change', () => {
      const chosen = presetOf(preset.val());
      if (chosen) fill(chosen.fields, chosen.wrap);
    });
    wrap.on('change', changed);
    sample.on('input', draw);
  },
  oneditsave() {
    this.fields = readRows($('#node-input-fields-list'));
    // The editor saves what stands in the input itself.
    const wrap = $('#node-input-wrap');
    wrap.val(readWrap(wrap));
  },
});
