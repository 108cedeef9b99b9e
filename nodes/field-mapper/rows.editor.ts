/** One row of the mapping table in the form: drawn from what is stored, read back into the same form. */

/** As it stands in a flow file; see `MappingRow` for what each property means. */
export interface StoredRow {
  from?: string;
  to?: string;
  type?: string;
  decimals?: string | number;
  values?: string | Record<string, unknown>;
  constant?: string | number | boolean;
  expression?: string;
}

type Translate = (key: string) => string;

const FIELDS_LIST = 'shelfwire-field-mapper-fields';
const TYPES = ['', 'text', 'number', 'integer', 'boolean'];

/** Opens Node-RED's own JSON editor for a lookup table. */
function expandTable(this: { value(): string; value(text: string): void }): void {
  const { editor } = RED as unknown as { editor: { editJSON(options: Record<string, unknown>): void } };
  editor.editJSON({
    value: indented(this.value()),
    focus: true,
    complete: (text: string) => this.value(compact(text)),
  });
}

/** Node-RED's own input of several types has no names for who listens. */
export function nameTypedInput(input: JQuery, name: string, expand: string): void {
  const shown = input.next('.red-ui-typedInput-container');
  shown.find('.red-ui-typedInput-input').attr('aria-label', name);
  shown.find('.red-ui-typedInput-option-expand').attr('aria-label', expand);
}

export function drawRow(container: JQuery, row: StoredRow, _: Translate, changed: () => void): void {
  const first = $('<div class="shelfwire-map-line"></div>').appendTo(container);
  const second = $('<div class="shelfwire-map-line"></div>').appendTo(container);
  const from = $(`<input type="text" class="sw-from" list="${FIELDS_LIST}" dir="ltr" />`)
    .attr({ placeholder: _('placeholder.from'), 'aria-label': _('column.from') })
    .val(row.from ?? '');
  const to = $('<input type="text" class="sw-to" dir="ltr" />')
    .attr({ placeholder: _('placeholder.to'), 'aria-label': _('column.to') })
    .val(row.to ?? '');
  first.append(from, $('<i class="fa fa-long-arrow-right shelfwire-map-arrow" aria-hidden="true"></i>'), to);

  const how = $('<input type="text" class="sw-how" style="width: 100%" />').appendTo(
    $('<div class="sw-how-box"></div>').appendTo(second),
  );
  const type = $('<select class="sw-type"></select>').attr('aria-label', _('column.type')).appendTo(second);
  for (const name of TYPES)
    $('<option></option>')
      .val(name)
      .text(_(`type.${name || 'asis'}`))
      .appendTo(type);
  type.val(row.type ?? '');
  const decimals = $('<input type="number" class="sw-decimals" min="0" max="20" step="1" />')
    .attr({ placeholder: _('placeholder.decimals'), 'aria-label': _('column.decimals'), title: _('column.decimals') })
    .val(row.decimals === undefined ? '' : String(row.decimals))
    .appendTo(second);

  how.typedInput({
    default: 'asis',
    types: [
      { value: 'asis', label: _('how.asis'), hasValue: false },
      { value: 'table', label: _('how.table'), icon: 'fa fa-table', expand: expandTable },
      { value: 'str', label: _('how.constant'), icon: 'fa fa-quote-left' },
      'jsonata',
    ],
  });
  nameTypedInput(how, _('column.how'), _('column.expand'));
  const [kind, value] = kindOf(row);
  how.typedInput('type', kind);
  how.typedInput('value', value);

  const show = () => {
    const now = how.typedInput('type');
    first.toggleClass('sw-no-source', now === 'str');
    from.prop('disabled', now === 'str');
    decimals.prop('disabled', ['integer', 'boolean'].includes(type.val()));
  };
  show();
  how.on('change', () => {
    show();
    changed();
  });
  type.on('change', () => {
    show();
    changed();
  });
  for (const input of [from, to, decimals]) input.on('input', changed);
}

export function readRow(container: JQuery): StoredRow {
  const how = container.find('.sw-how');
  const kind = how.typedInput('type');
  const value = how.typedInput('value');
  const row: StoredRow = {};
  const from = container.find('.sw-from').val().trim();
  const type = container.find('.sw-type').val();
  const decimals = container.find('.sw-decimals').val();
  if (from !== '' && kind !== 'str') row.from = from;
  row.to = container.find('.sw-to').val().trim();
  if (type !== '') row.type = type;
  if (decimals !== '' && type !== 'integer' && type !== 'boolean') row.decimals = Number(decimals);
  if (kind === 'table') row.values = value;
  if (kind === 'str') row.constant = value;
  if (kind === 'jsonata') row.expression = value;
  return row;
}

function kindOf(row: StoredRow): [kind: string, value: string] {
  if (row.expression) return ['jsonata', row.expression];
  if (row.constant !== undefined && row.constant !== '') return ['str', String(row.constant)];
  if (row.values) return ['table', typeof row.values === 'string' ? row.values : JSON.stringify(row.values)];
  return ['asis', ''];
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text || '{\n  "0": "OUT",\n  "1": "IN"\n}';
  }
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
