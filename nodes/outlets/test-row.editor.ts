/** The button "Test" of a row: asks that shop's platform, with everything as it is typed. */
import { readDraft, runTest } from '../../editor/dialogs/draft.editor';
import { mayTest, oneAtATime, sayTest } from '../../editor/dialogs/test-button.editor';
import { icon } from '../../editor/sidebar/dom';
import { _ } from '../../editor/sidebar/words';
import { keysFromText, type TableRow } from './table';

/** @param others what of the dialog no single input holds @param row as it is typed now */
export function rowTester(node: EditorNode, others: () => Record<string, unknown>, row: () => TableRow): JQuery {
  const button = $('<button type="button" class="red-ui-button red-ui-button-small sw-test"></button>')
    .attr({ title: _('test.button'), 'aria-label': _('test.button') })
    .append(icon('plug'));
  if (!mayTest()) return button.prop('disabled', true).attr('title', _('test.mayNot'));
  return button.on('click', (event) => {
    event.preventDefault();
    void oneAtATime(button[0]!, async () => {
      const tested = row();
      const draft = readDraft(node, 'node-config-input', { ...others(), rows: [tested] });
      const keys = keysFromText($('#shelfwire-outlet-keys').val());
      if (keys !== '') draft.credentials.keys = keys;
      const shop = tested.name || tested.store_id;
      await sayTest($('#shelfwire-outlet-test')[0]!, () => runTest('outlets', { ...draft, ask: { row: 0 } }), shop);
    });
  });
}
