/** The sidebar "Shelfwire": a plugin of the editor, for those who may read what Shelfwire does. */
import { showBadge } from './sidebar/badge';
import { h, icon } from './sidebar/dom';
import { Frame } from './sidebar/frame';
import { monitorTools } from './sidebar/monitor-links';
import type { View } from './sidebar/view';
import { devicesView } from './sidebar/views/devices';
import { incomingView } from './sidebar/views/incoming';
import { itemsView } from './sidebar/views/items';
import { outletsView } from './sidebar/views/outlets';
import { problemsView } from './sidebar/views/problems';
import { pushesView } from './sidebar/views/pushes';
import { _ } from './sidebar/words';
import { offerTourOnce, startTour } from './tour.editor';
import { Watch } from './warnings/watch.editor';

const ID = 'shelfwire';
const watch = new Watch();

RED.plugins.registerPlugin(ID, {
  type: 'shelfwire',
  /** What validators of our nodes ask (editor/warned.editor.ts). */
  warning: watch.of.bind(watch),
  onadd() {
    watch.start();
    if (!RED.user.hasPermission('shelfwire.read')) return;
    const frame = new Frame((go): View[] => [
      outletsView(go),
      pushesView(go),
      itemsView(),
      incomingView(go),
      problemsView(go),
      devicesView(),
    ]);
    const again = h(
      'button',
      {
        type: 'button',
        class: 'red-ui-sidebar-header-button red-ui-button-small',
        title: _('refresh'),
        'aria-label': _('refresh'),
        onclick: () => frame.refresh(),
      },
      icon('refresh'),
    );
    const tour = h(
      'button',
      {
        type: 'button',
        class: 'red-ui-sidebar-header-button red-ui-button-small',
        title: _('tour.show'),
        'aria-label': _('tour.show'),
        onclick: startTour,
      },
      icon('question-circle-o'),
    );
    RED.sidebar.addTab({
      id: ID,
      label: 'shelfwire',
      name: 'Shelfwire',
      iconClass: 'fa fa-shopping-basket',
      content: frame.element,
      toolbar: h('div', { class: 'shelfwire-toolbar' }, ...monitorTools(), tour, again),
      enableOnEdit: true,
      action: 'shelfwire:show-sidebar',
    });
    RED.actions.add('shelfwire:show-sidebar', () => RED.sidebar.show(ID));
    showBadge(ID);
    offerTourOnce();
  },
});
