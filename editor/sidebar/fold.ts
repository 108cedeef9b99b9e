/** A part that is opened by its title. What is closed is not there, neither for the keyboard nor for who listens. */
import { type Child, fill, h, icon } from './dom';

export interface Fold {
  element: HTMLElement;
  readonly isOpen: boolean;
  toggle(open?: boolean): void;
  title(...children: Child[]): void;
}

export function fold(title: Child[], content: Child[], opened: () => unknown = () => undefined): Fold {
  const caret = icon('caret-right');
  const words = h('span', {}, ...title);
  const body = h('div', { hidden: true }, ...content);
  const head = h(
    'button',
    { type: 'button', class: 'shelfwire-folder', 'aria-expanded': 'false', onclick: () => toggle() },
    caret,
    words,
  );
  function toggle(open = body.hidden): void {
    body.hidden = !open;
    head.setAttribute('aria-expanded', String(open));
    caret.className = `fa fa-caret-${open ? 'down' : 'right'}`;
    if (open) opened();
  }
  return {
    element: h('div', { class: 'shelfwire-fold' }, head, body),
    get isOpen() {
      return !body.hidden;
    },
    toggle,
    title: (...children) => fill(words, ...children),
  };
}
