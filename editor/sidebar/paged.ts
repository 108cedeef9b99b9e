/** A list that is read page by page: the newest first, older ones on demand, fresh on news without losing what was opened. */
import { button } from './controls';
import { h, KeyedList } from './dom';
import { _ } from './words';

export interface Page<T> {
  rows: T[];
  cursor: string | null;
}

interface Row<T> {
  element: HTMLElement;
  update(item: T): void;
}

export class PagedList<T> {
  readonly element: HTMLElement;
  private readonly list: KeyedList<T>;
  private readonly more: HTMLButtonElement;
  private readonly empty: HTMLElement;
  private readonly read: (cursor: string | null) => Promise<Page<T>>;
  private readonly keyOf: (item: T) => string;
  private first: T[] = [];
  private older: T[] = [];
  private cursor: string | null = null;

  constructor(options: {
    label: string;
    empty: string;
    keyOf: (item: T) => string;
    row: (item: T) => Row<T>;
    read: (cursor: string | null) => Promise<Page<T>>;
  }) {
    this.read = options.read;
    this.keyOf = options.keyOf;
    this.list = new KeyedList(
      h('ul', { class: 'shelfwire-list', 'aria-label': options.label }),
      options.keyOf,
      options.row,
    );
    this.more = button(_('more'), () => this.readMore(), { class: 'shelfwire-more' });
    this.empty = h('p', { class: 'shelfwire-empty' }, options.empty);
    this.element = h('div', {}, this.empty, this.list.element, this.more);
    this.draw();
  }

  /** From the newest on; `anew` forgets the older pages (another filter). */
  async refresh(anew = false): Promise<void> {
    const page = await this.read(null);
    if (anew || this.older.length === 0) this.cursor = page.cursor;
    // What the first page does not show any more has moved on to the older ones.
    const shown = new Set(page.rows.map(this.keyOf));
    this.older =
      anew || this.older.length === 0
        ? []
        : [...this.first, ...this.older].filter((item) => !shown.has(this.keyOf(item)));
    this.first = page.rows;
    this.draw();
  }

  private async readMore(): Promise<void> {
    const page = await this.read(this.cursor);
    this.cursor = page.cursor;
    this.older.push(...page.rows);
    this.draw();
  }

  private draw(): void {
    const all = [...this.first, ...this.older];
    this.list.show(all);
    this.empty.hidden = all.length > 0;
    this.more.hidden = this.cursor === null;
  }
}
