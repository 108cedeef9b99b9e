/** The table of outlets in the dialog. Plain inputs, so that 500 rows open at once. */
import { showResult } from '../../editor/dialogs/test-button.editor';
import { nameRemove } from '../../editor/lists';
import { emptyRow, mergeRows, type ReadTable, readTable, rowsToCsv, type TableRow } from './table';
import { rowTester } from './test-row.editor';

const LIST = '#shelfwire-outlet-rows';
const AREA = '#shelfwire-outlet-csv';

/** @param others what else of the dialog no single input holds */
export function showRows(node: EditorNode, others: () => Record<string, unknown>): void {
  const list = $(LIST);
  list.editableList<Partial<TableRow>>({
    header: header(node),
    addButton: node._('label.addRow'),
    removable: true,
    sortable: true,
    height: 'auto',
    addItem: (container, _index, row) => {
      nameRemove(container);
      drawRow(node, container, { ...emptyRow(), ...row });
      rowTester(node, others, () => readRow(container)).appendTo(container);
    },
  });
  fill((node.rows as Partial<TableRow>[] | undefined) ?? []);

  const area = $(AREA);
  const panel = $('#shelfwire-outlet-csv-panel').hide();
  $('#shelfwire-outlet-show-csv').on('click', (event) => {
    event.preventDefault();
    area.val(rowsToCsv(readRows()));
    panel.toggle();
  });
  const take = ({ rows, left }: ReadTable, before: readonly TableRow[]) => {
    const said = [node._('label.imported', { rows: rows.length })];
    if (left > 0) said.push(node._('label.leftOut', { left }));
    // Nothing could be read of it: the table stays.
    if (rows.length > 0) {
      fill(mergeRows(before, rows));
      panel.hide();
    }
    showResult($('#shelfwire-outlet-csv-said')[0]!, rows.length > 0 && left === 0, said.join(' '));
  };
  $('#shelfwire-outlet-import').on('click', (event) => {
    event.preventDefault();
    const before = readRows();
    take(readTable(area.val(), before), before);
  });
  $('#shelfwire-outlet-replace').on('click', (event) => {
    event.preventDefault();
    take(readTable(area.val()), []);
  });
}

export function readRows(): TableRow[] {
  const rows: TableRow[] = [];
  $(LIST)
    .editableList('items')
    .each(function () {
      const read = readRow($(this));
      if (read.store_id !== '' || read.name !== '' || read.endpoint !== '') rows.push(read);
    });
  return rows;
}

function readRow(row: JQuery): TableRow {
  const text = (name: string) => row.find(name).val().trim();
  return {
    // A store id is kept as it is, blanks included.
    store_id: row.find('.sw-store').val(),
    name: text('.sw-name'),
    push_enabled: row.find('.sw-push').prop('checked') === true,
    auto: row.find('.sw-auto').prop('checked') === true,
    endpoint: text('.sw-endpoint'),
    keyRef: text('.sw-key'),
  };
}

function fill(rows: readonly Partial<TableRow>[]): void {
  const list = $(LIST);
  list.editableList('empty');
  list.editableList(
    'addItems',
    rows.map((row) => ({ ...row })),
  );
}

const WIDTHS = { store: '14%', name: '20%', push: '44px', auto: '44px', endpoint: '1', key: '15%', test: '30px' };

function header(node: EditorNode): JQuery {
  const head = $('<div></div>').css({ display: 'flex', gap: '6px', 'padding-inline-start': '28px' });
  const cell = (key: string, width: string) =>
    $('<div></div>')
      .text(node._(key))
      .attr('title', node._(key))
      .css({ ...size(width), overflow: 'hidden', 'text-overflow': 'ellipsis', 'white-space': 'nowrap' })
      .appendTo(head);
  cell('column.store', WIDTHS.store);
  cell('column.name', WIDTHS.name);
  cell('column.push', WIDTHS.push);
  cell('column.auto', WIDTHS.auto);
  cell('column.endpoint', WIDTHS.endpoint);
  cell('column.key', WIDTHS.key);
  $('<div></div>').css(size(WIDTHS.test)).appendTo(head);
  return head;
}

function drawRow(node: EditorNode, container: JQuery, row: TableRow): void {
  container.css({ display: 'flex', 'align-items': 'center', gap: '6px' });
  const field = (name: string, type: string, key: string, width: string) =>
    $('<input />')
      .addClass(name)
      .attr({ type, 'aria-label': node._(key), autocomplete: 'off' })
      .css({ ...size(width), margin: '0' })
      .appendTo(container);
  field('sw-store', 'text', 'column.store', WIDTHS.store).attr('dir', 'auto').val(row.store_id);
  field('sw-name', 'text', 'column.name', WIDTHS.name).attr('dir', 'auto').val(row.name);
  field('sw-push', 'checkbox', 'column.push', WIDTHS.push).prop('checked', row.push_enabled);
  field('sw-auto', 'checkbox', 'column.auto', WIDTHS.auto).prop('checked', row.auto);
  field('sw-endpoint', 'text', 'column.endpoint', WIDTHS.endpoint)
    .attr({ dir: 'ltr', placeholder: node._('placeholder.common') })
    .val(row.endpoint);
  field('sw-key', 'text', 'column.key', WIDTHS.key)
    .attr({ dir: 'ltr', placeholder: node._('placeholder.common') })
    .val(row.keyRef);
}

function size(width: string): Record<string, string> {
  return width === '1' ? { flex: '1', 'min-width': '0' } : { flex: `0 0 ${width}`, width, 'min-width': '0' };
}
