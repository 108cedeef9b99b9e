/** What Node-RED's editable lists leave out: headings of their columns, and a name for the button that removes a row. */
import { _ } from './sidebar/words';

/** Room of the grip and of the button that removes a row. */
const SIDES = { 'padding-inline-start': '28px', 'padding-inline-end': '28px' };

/**
 * What stands in filled inputs does not say what it is.
 *
 * @param columns texts from the first column to the last; two lines of columns where a row has two
 */
export function listHeader(columns: readonly string[], gap: string, basis = '0'): JQuery {
  const head = $('<div></div>')
    .addClass('shelfwire-list-header')
    .css({ display: 'flex', 'flex-wrap': 'wrap', gap: `0 ${gap}`, ...SIDES });
  for (const text of columns)
    $('<div></div>')
      .text(text)
      .css({ flex: `1 1 ${basis}`, 'min-width': '0' })
      .appendTo(head);
  return head;
}

/** Call it in `addItem`. */
export function nameRemove(container: JQuery): void {
  container.parent().find('.red-ui-editableList-item-remove').attr('aria-label', _('list.remove'));
}
