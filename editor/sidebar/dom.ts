/** Elements from plain calls. Whatever comes from data becomes text, never markup. */

export type Child = Node | string | number | false | null | undefined;

interface Properties {
  class?: string;
  /** Called with the event; a click on a disabled button does not come. */
  onclick?: (event: Event) => unknown;
  oninput?: (event: Event) => unknown;
  onchange?: (event: Event) => unknown;
  onkeydown?: (event: KeyboardEvent) => unknown;
  onsubmit?: (event: Event) => unknown;
  [attribute: string]: unknown;
}

/** An attribute that is null, undefined or false is left out; true stands for an empty one. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

export function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Puts these in place of what the element holds. Who was on one of its buttons is on the same one afterwards. */
export function fill(element: Element, ...children: Child[]): void {
  const find = sameAs(document.activeElement, element);
  element.replaceChildren();
  append(element, children);
  if (find) keepFocus(element, find());
}

/** How to find what stands for this element once everything around it was drawn anew: the same kind, the same words. */
function sameAs(active: Element | null, within: Element): (() => HTMLElement | undefined) | null {
  if (!active || active === within || !within.contains(active)) return null;
  const words = wordsOf(active);
  const alike = () =>
    [...within.querySelectorAll<HTMLElement>(active.tagName)].filter((each) => wordsOf(each) === words);
  const place = alike().indexOf(active as HTMLElement);
  return () => alike()[place];
}

/** Without the numbers, which change. */
const wordsOf = (element: Element): string =>
  (element.getAttribute('aria-label') ?? element.textContent ?? '').replace(/\p{Nd}+/gu, '#');

/** What had the focus has gone: the panel takes it, so that the next Tab does not begin at the top of the page. */
function keepFocus(within: Element, next?: HTMLElement): void {
  (next ?? within.closest<HTMLElement>('.shelfwire-panel'))?.focus({ preventScroll: true });
}

/** An icon of the set that the editor brings (Font Awesome 4.7), not read out. */
export function icon(name: string): HTMLElement {
  return h('i', { class: `fa fa-${name}`, 'aria-hidden': 'true' });
}

/**
 * A list whose rows stay the same elements while their content changes, so that neither focus nor an open row is lost
 * when news come in.
 */
export class KeyedList<T> {
  readonly element: HTMLElement;
  private readonly rows = new Map<string, { element: HTMLElement; update(item: T): void }>();
  private readonly keyOf: (item: T) => string;
  private readonly make: (item: T) => { element: HTMLElement; update(item: T): void };

  constructor(
    element: HTMLElement,
    keyOf: (item: T) => string,
    make: (item: T) => { element: HTMLElement; update(item: T): void },
  ) {
    this.element = element;
    this.keyOf = keyOf;
    this.make = make;
  }

  show(items: T[]): void {
    const active = this.element.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const wanted = new Set(items.map(this.keyOf));
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
    let before: Element | null = this.element.firstElementChild;
    for (const item of items) {
      const key = this.keyOf(item);
      let row = this.rows.get(key);
      if (row) row.update(item);
      else {
        row = this.make(item);
        this.rows.set(key, row);
      }
      if (row.element === before) before = before.nextElementSibling;
      else this.element.insertBefore(row.element, before);
    }
    // A row that was moved or has gone has lost it.
    if (active && document.activeElement !== active && !this.element.contains(document.activeElement))
      keepFocus(this.element, active.isConnected ? active : undefined);
  }
}
