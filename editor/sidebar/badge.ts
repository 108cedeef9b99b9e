/** The number of problems on the sidebar's tab button. */
import { h } from './dom';
import { _ } from './words';

export function showBadge(tab: string): void {
  RED.comms.subscribe('shelfwire/problems', (_topic, { count }: { count: number }) => draw(tab, count));
}

/** Node-RED 5 has buttons in a bar, 4.1 has tabs with links. */
function buttonOf(tab: string): HTMLElement | null {
  return (
    document.querySelector<HTMLElement>(`button[data-tab-id="${tab}"]`) ??
    document.querySelector<HTMLElement>(`#red-ui-sidebar a[href="#${tab}"]`)
  );
}

function draw(tab: string, problems: number): void {
  const button = buttonOf(tab);
  if (!button) return;
  button.querySelector('.shelfwire-badge')?.remove();
  if (!(problems > 0)) return;
  button.style.position = 'relative';
  button.append(
    h(
      'span',
      { class: 'shelfwire-badge', title: _('problems.badge', { count: problems }) },
      problems > 99 ? '99+' : problems,
    ),
  );
}
