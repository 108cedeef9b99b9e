/** In the dialog: which shops of this node were changed in the sidebar, and what counts. */
import type { OutletRow } from '../../runtime/admin/outlets';

const LINE = '#shelfwire-outlet-changed';

export function showChanged(node: EditorNode): void {
  const line = $(LINE).hide();
  $.ajax({ url: 'shelfwire/outlets', method: 'GET', dataType: 'json' }).done((answer) => {
    const changed = (answer as OutletRow[]).filter(
      ({ settings }) => settings?.account === node.id && (settings.added || settings.changed.length > 0),
    );
    if (changed.length === 0) return;
    const names = changed.map(({ name, store_id }) => `${name} (${store_id})`);
    line.text(node._('label.changedInSidebar', { what: names.join(' · ') })).show();
  });
}
