/** The sidebar's frame: a row of tabs, one view below it, fresh while somebody looks. */
import { fill, h, icon } from './dom';
import { onNews, Refresher, type Topic } from './live';
import type { Go, View } from './view';
import { _, isRightToLeft } from './words';

const REMEMBERED = 'shelfwire.sidebar.view';

export class Frame {
  readonly element: HTMLElement;
  private readonly views: View[];
  private readonly tabs = new Map<string, HTMLElement>();
  private readonly refreshers = new Map<string, Refresher>();
  private readonly panel: HTMLElement;
  private readonly failure: HTMLElement;
  private current: View;
  /** News that came while nobody looked. */
  private stale = true;

  constructor(make: (go: Go) => View[]) {
    this.views = make((id, what) => this.go(id, what));
    for (const view of this.views) this.refreshers.set(view.id, new Refresher(() => this.read(view)));
    this.panel = h('div', {
      class: 'shelfwire-panel',
      role: 'tabpanel',
      id: 'shelfwire-panel',
      tabindex: '-1',
      onkeydown: (event) => void (event.key === 'Escape' && this.current.back?.()),
    });
    this.failure = h('div', { class: 'shelfwire-failure', role: 'alert', hidden: true });
    const strip = h('div', {
      class: 'shelfwire-tabs',
      role: 'tablist',
      'aria-label': 'Shelfwire',
      onkeydown: (event) => this.key(event),
    });
    for (const view of this.views) strip.append(this.tab(view));
    this.element = h(
      'div',
      { class: 'shelfwire-sidebar', dir: isRightToLeft() ? 'rtl' : null },
      strip,
      this.failure,
      this.panel,
    );
    const remembered = RED.settings.get(REMEMBERED, '');
    this.current = this.views.find(({ id }) => id === remembered) ?? this.views[0]!;
    this.draw();
    onNews((topics) => this.news(topics));
    new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting) && this.stale) this.refresh();
    }).observe(this.element);
  }

  private go(id: string, what?: Record<string, string>): void {
    const view = this.views.find((each) => each.id === id);
    if (!view) return;
    this.choose(view);
    if (what) view.open?.(what);
    // What was pressed has gone with its view.
    this.panel.focus();
  }

  private tab(view: View): HTMLElement {
    const tab = h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `shelfwire-tab-${view.id}`,
        'aria-controls': 'shelfwire-panel',
        title: _(`tab.${view.id}`),
        onclick: () => this.choose(view),
      },
      icon(view.icon),
      h('span', {}, _(`tab.${view.id}`)),
    );
    this.tabs.set(view.id, tab);
    return tab;
  }

  private choose(view: View): void {
    if (this.current !== view) {
      this.current = view;
      RED.settings.set(REMEMBERED, view.id);
      this.draw();
    }
    this.refresh();
  }

  private draw(): void {
    for (const [id, tab] of this.tabs) {
      const chosen = id === this.current.id;
      tab.setAttribute('aria-selected', String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    this.panel.setAttribute('aria-labelledby', `shelfwire-tab-${this.current.id}`);
    fill(this.panel, this.current.element);
  }

  /** Arrow keys walk along the tabs, as in any tab list. */
  private key(event: KeyboardEvent): void {
    const forward = isRightToLeft() ? 'ArrowLeft' : 'ArrowRight';
    const back = isRightToLeft() ? 'ArrowRight' : 'ArrowLeft';
    const at = this.views.findIndex(({ id }) => this.tabs.get(id) === event.target);
    const next = { [forward]: at + 1, [back]: at - 1, Home: 0, End: this.views.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const view = this.views[(next + this.views.length) % this.views.length]!;
    this.choose(view);
    this.tabs.get(view.id)!.focus();
  }

  private news(topics: Topic[]): void {
    if (!this.current.topics.some((topic) => topics.includes(topic))) return;
    if (this.visible()) this.refresh();
    else this.stale = true;
  }

  private visible(): boolean {
    return this.element.offsetParent !== null && document.visibilityState !== 'hidden';
  }

  refresh(): void {
    this.stale = false;
    void this.refreshers.get(this.current.id)!.run();
  }

  private async read(view: View): Promise<void> {
    try {
      await view.refresh();
      this.failure.hidden = true;
    } catch (thrown) {
      this.failure.hidden = false;
      fill(this.failure, icon('exclamation-triangle'), ' ', thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
}
