import { DEFAULT_FIELDS, type FieldRow, readFields, TARGETS } from '../../connectors/paradigm/fields';
import { readDraft, runTest } from '../../editor/dialogs/draft.editor';
import { testButton } from '../../editor/dialogs/test-button.editor';
import { turnForm } from '../../editor/direction';
import { listHeader, nameRemove } from '../../editor/lists';
import { inRange } from '../../editor/range';
import { readStoreMap, showStoreMap, validStoreMap } from '../../editor/store-map.editor';
import { warned } from '../../editor/warned.editor';

const FIELDS = '#shelfwire-fields';

function showFields(node: EditorNode): void {
  const list = $(FIELDS);
  list.editableList<Partial<FieldRow>>({
    header: listHeader([node._('placeholder.from'), node._('placeholder.to')], '22px'),
    addButton: node._('label.addField'),
    removable: true,
    sortable: true,
    height: 'auto',
    addItem(container, _index, row) {
      nameRemove(container);
      container.css({ display: 'flex', 'align-items': 'center', gap: '8px' });
      $('<input type="text" class="sw-from" />')
        .attr({ placeholder: node._('placeholder.from'), 'aria-label': node._('placeholder.from') })
        .css({ flex: '1', 'min-width': '0', direction: 'ltr' })
        .val(row.from ?? '')
        .appendTo(container);
      $('<span aria-hidden="true">:</span>').appendTo(container);
      const select = $('<select class="sw-to"></select>')
        .attr('aria-label', node._('placeholder.to'))
        .css({ flex: '1', 'min-width': '0' })
        .appendTo(container);
      for (const target of TARGETS)
        $('<option></option>')
          .attr('value', target)
          .text(node._(`target.${target}`))
          .appendTo(select);
      select.val(row.to ?? 'sku');
    },
  });
  const rows = Array.isArray(node.fields) && node.fields.length > 0 ? (node.fields as FieldRow[]) : DEFAULT_FIELDS;
  for (const row of rows) list.editableList('addItem', { ...row });
}

function fieldRows(): FieldRow[] {
  const rows: FieldRow[] = [];
  $(FIELDS)
    .editableList('items')
    .each(function () {
      const from = $(this).find('.sw-from').val().trim();
      if (from !== '') rows.push({ from, to: $(this).find('.sw-to').val() as FieldRow['to'] });
    });
  return rows;
}

/** How the address of the first page looks. */
function showPageAddress(): void {
  const url = $('#node-input-url');
  const paging = $('#node-input-paging');
  const size = $('#node-input-size');
  const update = () => {
    const base = (url.val().trim() || url.attr('placeholder') || '').replace(/\/$/, '');
    const items = size.val() || '500';
    $('#shelfwire-page-address').text(
      paging.val() === 'query' ? `${base}?pageNumber=1&size=${items}` : `${base}/0/${items}`,
    );
  };
  for (const input of [url, paging, size]) input.on('input change', update);
  update();
}

RED.nodes.registerType('shelfwire-paradigm-sync', {
  category: 'shelfwire',
  color: '#9DB8A9',
  defaults: {
    name: { value: '' },
    url: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: expanded where Node-RED runs
      value: '${PARADIGM_URL}/Items/GetItems',
      validate(value: string, _options) {
        const text = (value ?? '').trim();
        return text.startsWith('${') || /^https?:\/\/[^/]/i.test(text) || this._('error.url');
      },
    },
    paging: { value: 'path' },
    size: { value: 500, validate: inRange(1, 5_000, true) },
    fields: {
      value: [],
      validate(value: unknown, _options) {
        try {
          readFields(value);
          return true;
        } catch {
          return this._('error.fields');
        }
      },
    },
    changedField: {
      value: 'modifiedAt',
      validate(value: string, _options) {
        const text = (value ?? '').trim();
        return text === '' || /^[A-Za-z_$][\w.${}]*$/.test(text) || this._('error.changedField');
      },
    },
    storeMap: { value: [], validate: validStoreMap },
    defaultStore: { value: '' },
    ledger: { value: '', type: 'shelfwire-ledger', required: false },
    timeout: { value: 30, validate: inRange(0.1, 600) },
    attempts: { value: 8, validate: inRange(1, 100, true) },
    wait: { value: 60, validate: inRange(0.1, 600) },
    version: { value: 1, validate: warned('version') },
  },
  credentials: { api_key: { type: 'password' } },
  inputs: 1,
  outputs: 1,
  icon: 'shelfwire-paradigm-sync.svg',
  paletteLabel() {
    return this._('palette');
  },
  label() {
    return this.name || this._('palette');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels() {
    return this._('label.output');
  },
  oneditprepare() {
    turnForm(this);
    showFields(this);
    showStoreMap(this);
    showPageAddress();
    testButton($('#shelfwire-test-sync'), () =>
      runTest('paradigm-sync', readDraft(this, 'node-input', { fields: fieldRows(), storeMap: readStoreMap() })),
    );
  },
  oneditsave() {
    this.fields = fieldRows();
    this.storeMap = readStoreMap();
  },
});
