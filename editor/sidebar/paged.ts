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
  /** Rows that were there when somebody asked for more. */
  private asked = 0;
  /** Which filter is shown: what was asked for another one is not. */
  private turn = 0;
  /** Whether the rows are of that filter: when it was asked for in vain, those of the one before are still there. */
  private current = false;

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
    if (anew) {
      this.turn += 1;
      this.current = false;
    }
    const mine = this.turn;
    const page = await this.read(null);
    if (mine !== this.turn) return;
    if (!this.current || anew || this.first.length === 0 || this.first.length + this.older.length > this.bound()) {
      this.older = [];
      this.cursor = page.cursor;
    } else {
      // What the first page does not show any more has moved on to the older ones.
      const shown = new Set(page.rows.map(this.keyOf));
      this.older = [...this.first, ...this.older].filter((item) => !shown.has(this.keyOf(item)));
    }
    this.first = page.rows;
    this.current = true;
    this.draw();
  }

  /** How many rows may gather while news come in: more, where a person is reading one. */
  private bound(): number {
    const reading = this.list.element.querySelector('[aria-expanded="true"], :focus') !== null;
    return this.asked + (reading ? 500 : 100);
  }

  private async readMore(): Promise<void> {
    const mine = this.turn;
    const from = this.cursor;
    const page = await this.read(from);
    if (mine !== this.turn || from !== this.cursor) return;
    this.cursor = page.cursor;
    this.older.push(...page.rows);
    this.asked = this.first.length + this.older.length;
    this.draw();
  }

  private draw(): void {
    const all = [...this.first, ...this.older];
    this.list.show(all);
    this.empty.hidden = all.length > 0;
    this.more.hidden = this.cursor === null;
  }
}
