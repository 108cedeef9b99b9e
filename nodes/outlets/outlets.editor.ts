import { turnForm } from '../../editor/direction';
import { nameRemove } from '../../editor/lists';
import { inRange } from '../../editor/range';
import { warned } from '../../editor/warned.editor';
import { showChanged } from './changed.editor';
import { readRows, showRows } from './rows.editor';
import { keysFromText, storeTwice, type TableRow } from './table';

interface Header {
  name?: string;
  value?: string;
}

const FIELDS = ['selling_price', 'stock_status', 'quantity'] as const;
const HEADERS = '#shelfwire-outlet-headers';
const input = (name: string) => $(`#node-config-input-${name}`);

/** Node-RED takes a text as a reason only from a validator that declares two parameters. */
function validEndpoint(this: EditorNode, value: unknown, _options?: unknown): boolean | string {
  const text = String(value ?? '').trim();
  if (text === '' || text.includes('${')) return true;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) return this._('error.endpoint');
  return url.username || url.password ? this._('error.endpointSecret') : true;
}

function validPlatform(this: EditorNode, value: unknown, _options?: unknown): boolean | string {
  return /^[a-z0-9][a-z0-9_-]{0,39}$/.test(String(value ?? '')) || this._('error.platform');
}

function validHeaderName(this: EditorNode, value: unknown, _options?: unknown): boolean | string {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]*$/.test(String(value ?? '')) || this._('error.headerName');
}

function validThreshold(this: EditorNode, value: unknown, _options?: unknown): boolean | string {
  return /^([+-]?\d+(\.\d+)?)?$/.test(String(value ?? '').trim()) || this._('error.threshold');
}

function validRows(this: EditorNode, value: unknown, _options?: unknown): boolean | string {
  const rows = Array.isArray(value) ? (value as Partial<TableRow>[]) : [];
  if (rows.some(({ store_id }) => String(store_id ?? '') === '')) return this._('error.rowStore');
  const twice = storeTwice(rows);
  if (twice !== null) return this._('error.rowTwice', { name: twice });
  const bad = rows.find(({ endpoint }) => validEndpoint.call(this, endpoint) !== true);
  return bad ? this._('error.rowEndpoint', { name: String(bad.store_id) }) : true;
}

function showHeaders(node: EditorNode): void {
  const list = $(HEADERS);
  list.editableList<Header>({
    addButton: node._('label.addHeader'),
    removable: true,
    height: 'auto',
    addItem(container, _index, row) {
      nameRemove(container);
      container.css({ display: 'flex', gap: '6px' });
      for (const [name, value, width] of [
        ['name', row.name, '35%'],
        ['value', row.value, '60%'],
      ] as const)
        $('<input type="text" dir="ltr" autocomplete="off" />')
          .addClass(`sw-${name}`)
          .attr({
            placeholder: node._(`placeholder.header-${name}`),
            'aria-label': node._(`placeholder.header-${name}`),
          })
          .css({ flex: `1 1 ${width}`, 'min-width': '0', margin: '0' })
          .val(value ?? '')
          .appendTo(container);
    },
  });
  for (const row of (node.headers as Header[] | undefined) ?? []) list.editableList('addItem', { ...row });
}

function readHeaders(): Header[] {
  const headers: Header[] = [];
  $(HEADERS)
    .editableList('items')
    .each(function () {
      const name = $(this).find('.sw-name').val().trim();
      if (name !== '') headers.push({ name, value: $(this).find('.sw-value').val() });
    });
  return headers;
}

/** Stored keys are never told to the editor; a list that is entered replaces them all. */
function showKeys(node: EditorNode): void {
  const stored = input('keys');
  const note = $('#shelfwire-outlet-keys-stored');
  note.toggle(node.credentials?.has_keys === true);
  $('#shelfwire-outlet-keys-remove').on('click', (event) => {
    event.preventDefault();
    stored.val('');
    note.hide();
  });
}

const chosenFields = () => FIELDS.filter((field) => $(`#shelfwire-field-${field}`).prop('checked') === true);

RED.nodes.registerType('shelfwire-outlets', {
  category: 'config',
  color: '#C7B58A',
  defaults: {
    name: { value: '' },
    ledger: { value: '', type: 'shelfwire-ledger', required: true },
    platform: { value: 'pasons', required: true, validate: validPlatform },
    endpoint: { value: '', validate: validEndpoint },
    method: { value: 'POST' },
    auth: { value: 'api-key' },
    keyHeader: { value: 'X-API-Key', validate: validHeaderName },
    headers: { value: [] },
    timeout: { value: 30, validate: inRange(0.1, 600) },
    concurrency: { value: 2, validate: inRange(1, 50, true) },
    ratePerMinute: { value: 0, validate: inRange(0, 100_000, true) },
    fields: {
      value: ['selling_price', 'stock_status'],
      validate(value: string[], _options) {
        return (Array.isArray(value) && value.length > 0) || this._('error.fields');
      },
    },
    threshold: { value: '0', validate: validThreshold },
    answer: { value: '' },
    rows: { value: [], validate: warned('rows', validRows) },
    version: { value: 1 },
  },
  credentials: { api_key: { type: 'password' }, api_secret: { type: 'password' }, keys: { type: 'password' } },
  paletteLabel() {
    return this._('palette');
  },
  label() {
    return this.name || this.platform || this._('palette');
  },
  oneditprepare() {
    turnForm(this, '#node-config-dialog-edit-form');
    const auth = input('auth');
    const show = () => {
      $('.shelfwire-auth-key').toggle(auth.val() !== 'none');
      $('.shelfwire-auth-header').toggle(auth.val() === 'api-key');
      $('.shelfwire-auth-secret').toggle(auth.val() === 'basic' || auth.val() === 'api-key');
    };
    auth.on('change', show);
    show();
    for (const field of FIELDS) $(`#shelfwire-field-${field}`).prop('checked', this.fields?.includes(field) === true);
    showHeaders(this);
    showChanged(this);
    showRows(this, () => ({ fields: chosenFields(), headers: readHeaders() }));
    showKeys(this);
  },
  oneditsave() {
    this.fields = chosenFields();
    this.headers = readHeaders();
    this.rows = readRows();
    const keys = keysFromText($('#shelfwire-outlet-keys').val());
    // Node-RED stores what stands in this input as the credential.
    if (keys !== '') input('keys').val(keys);
  },
});
