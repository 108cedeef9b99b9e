/**
 * The globals of Node-RED's editor, as far as Shelfwire uses them (source: editor-client/src/js of Node-RED 5.0 and 4.1).
 * Kept small by hand: add a member here when a form needs one.
 */

/** A jQuery collection; only what the forms and the sidebar call. */
interface JQuery {
  readonly length: number;
  [index: number]: HTMLElement;
  val(): string;
  val(value: string | number | null): this;
  text(): string;
  text(value: string | number): this;
  html(): string;
  html(value: string): this;
  attr(name: string): string | undefined;
  attr(name: string, value: string | number): this;
  attr(values: Record<string, string | number>): this;
  removeAttr(name: string): this;
  prop(name: string): unknown;
  prop(name: string, value: unknown): this;
  data(name: string): unknown;
  data(name: string, value: unknown): this;
  css(name: string): string;
  css(name: string, value: string | number): this;
  css(values: Record<string, string | number>): this;
  addClass(names: string): this;
  removeClass(names: string): this;
  toggleClass(names: string, on?: boolean): this;
  hasClass(name: string): boolean;
  append(...content: (JQuery | HTMLElement | string)[]): this;
  prepend(...content: (JQuery | HTMLElement | string)[]): this;
  appendTo(target: JQuery | HTMLElement | string): this;
  prependTo(target: JQuery | HTMLElement | string): this;
  insertAfter(target: JQuery | HTMLElement | string): this;
  insertBefore(target: JQuery | HTMLElement | string): this;
  after(...content: (JQuery | HTMLElement | string)[]): this;
  before(...content: (JQuery | HTMLElement | string)[]): this;
  replaceWith(content: JQuery | HTMLElement | string): this;
  remove(): this;
  detach(): this;
  empty(): this;
  find(selector: string): JQuery;
  closest(selector: string): JQuery;
  parent(): JQuery;
  children(selector?: string): JQuery;
  first(): JQuery;
  last(): JQuery;
  eq(index: number): JQuery;
  next(selector?: string): JQuery;
  prev(selector?: string): JQuery;
  filter(selector: string): JQuery;
  is(selector: string): boolean;
  each(callback: (this: HTMLElement, index: number, element: HTMLElement) => unknown): this;
  get(index: number): HTMLElement | undefined;
  show(): this;
  hide(): this;
  toggle(visible?: boolean): this;
  width(): number;
  height(): number;
  height(value: number): this;
  outerHeight(includeMargin?: boolean): number;
  focus(): this;
  select(): this;
  trigger(event: string, data?: unknown): this;
  on(events: string, handler: (this: HTMLElement, event: JQueryEvent, ...data: unknown[]) => unknown): this;
  on(
    events: string,
    selector: string,
    handler: (this: HTMLElement, event: JQueryEvent, ...data: unknown[]) => unknown,
  ): this;
  off(events?: string): this;
  i18n(): this;
  scrollTop(value: number): this;
  /** Node-RED's widgets: options once, then method calls by name. */
  typedInput(options: TypedInputOptions): this;
  typedInput(method: 'value'): string;
  typedInput(method: 'type'): string;
  typedInput(method: string, ...args: unknown[]): this;
  editableList<T = Record<string, unknown>>(options: EditableListOptions<T>): this;
  editableList(method: 'items'): JQuery;
  editableList(method: 'length'): number;
  editableList(method: string, ...args: unknown[]): this;
  searchBox(options: Record<string, unknown>): this;
  tooltip(options?: Record<string, unknown> | string): this;
}

interface JQueryEvent extends Event {
  readonly key: string;
  readonly keyCode: number;
  readonly originalEvent: Event;
}

interface TypedInputOptions {
  type?: string;
  default?: string;
  types: (string | { value: string; label?: string; icon?: string; [option: string]: unknown })[];
  typeField?: string | JQuery;
}

interface EditableListOptions<T> {
  addItem(this: HTMLElement, container: JQuery, index: number, data: T): void;
  removeItem?(data: T): void;
  resizeItem?(container: JQuery, index: number): void;
  sortItems?(items: JQuery): void;
  addButton?: boolean | string;
  buttons?: { label: string; icon?: string; title?: string; click(event: Event): void }[];
  header?: JQuery;
  height?: number | 'auto';
  sortable?: boolean;
  removable?: boolean;
  scrollOnAdd?: boolean;
}

interface JQueryRequest {
  done(callback: (data: never, status: string, request: JQueryRequest) => void): this;
  fail(callback: (request: JQueryRequest, status: string, error: string) => void): this;
  always(callback: () => void): this;
  readonly status: number;
  readonly responseText: string;
  readonly responseJSON?: Record<string, unknown>;
}

interface JQueryStatic {
  (target: string | HTMLElement | Document | Window | JQuery, attributes?: Record<string, unknown>): JQuery;
  ajax(options: Record<string, unknown>): JQueryRequest;
  getJSON(url: string, callback?: (data: never) => void): JQueryRequest;
}

/** A node of the workspace as the editor holds it: its properties beside these. */
interface EditorNode {
  id: string;
  type: string;
  name: string;
  z: string;
  changed?: boolean;
  dirty?: boolean;
  d?: boolean;
  credentials?: Record<string, string | boolean | undefined>;
  wires?: string[][];
  inputs: number;
  outputs: number;
  /** Translation in the node's own catalogue. */
  _(key: string, values?: Record<string, unknown>): string;
  // biome-ignore lint/suspicious/noExplicitAny: a node's properties are its own; `defaults` says what they are.
  [property: string]: any;
}

interface NodeProperty {
  value: unknown;
  required?: boolean;
  /** Id of a config node's type. */
  type?: string;
  label?: string;
  /** True, or a text that says what is wrong. `options` is absent while the workspace is validated. */
  validate?(this: EditorNode, value: never, options?: Record<string, unknown>): boolean | string | undefined;
}

interface NodeTypeDefinition {
  category: string;
  color?: string;
  defaults: Record<string, NodeProperty>;
  credentials?: Record<string, { type: 'text' | 'password' }>;
  inputs?: number;
  outputs?: number;
  icon?: string;
  align?: 'left' | 'right';
  label?: string | ((this: EditorNode) => string);
  labelStyle?: string | ((this: EditorNode) => string);
  paletteLabel?: string | ((this: EditorNode) => string);
  inputLabels?: string | string[] | ((this: EditorNode, index: number) => string);
  outputLabels?: string | string[] | ((this: EditorNode, index: number) => string | undefined);
  hasUsers?: boolean;
  button?: Record<string, unknown>;
  oneditprepare?(this: EditorNode): void;
  /** Returning true leaves the dialog open. */
  oneditsave?(this: EditorNode): unknown;
  oneditcancel?(this: EditorNode): void;
  oneditdelete?(this: EditorNode): void;
  oneditresize?(this: EditorNode, size: { width: number; height: number }): void;
  onadd?(this: EditorNode): void;
}

interface EditorRED {
  /** Translation; keys outside the core catalogue carry their namespace `<module>/<set>:key`. */
  _(key: string, values?: Record<string, unknown>): string;
  nodes: {
    registerType(type: string, definition: NodeTypeDefinition): void;
    node(id: string): EditorNode | null;
    eachNode(callback: (node: EditorNode) => unknown): void;
    eachConfig(callback: (node: EditorNode) => unknown): void;
    eachLink(callback: (link: { source: EditorNode; sourcePort: number; target: EditorNode }) => unknown): void;
    /** A tab. */
    workspace(id: string): { id: string; label: string; disabled?: boolean } | undefined;
    subflow(id: string): { id: string } | undefined;
    filterNodes(filter: Record<string, unknown>): EditorNode[];
    dirty(): boolean;
    dirty(value: boolean): void;
    getType(type: string): NodeTypeDefinition | undefined;
  };
  plugins: {
    registerPlugin(id: string, definition: Record<string, unknown>): void;
    getPlugin(id: string): unknown;
  };
  settings: Record<string, unknown> & {
    httpNodeRoot?: string;
    get(key: string, fallback?: unknown): unknown;
    theme(key: string, fallback?: unknown): unknown;
    set(key: string, value: unknown): void;
  };
  validators: {
    number(blankAllowed?: boolean): (value: never, options?: Record<string, unknown>) => boolean | string;
    regex(pattern: RegExp): (value: never, options?: Record<string, unknown>) => boolean | string;
    typedInput(
      options: string | Record<string, unknown>,
    ): (value: never, options?: Record<string, unknown>) => boolean | string;
  };
  notify(
    message: string | HTMLElement,
    options?: string | Record<string, unknown>,
  ): { close(): void; update(text: string): void };
  sidebar: {
    addTab(options: Record<string, unknown>): void;
    removeTab(id: string): void;
    show(id: string): void;
    containsTab(id: string): boolean;
  };
  actions: {
    add(id: string, handler: () => void, options?: Record<string, unknown>): void;
    remove(id: string): void;
    invoke(id: string, ...args: unknown[]): void;
  };
  events: {
    on(event: string, handler: (...args: never[]) => void): void;
    off(event: string, handler: (...args: never[]) => void): void;
  };
  comms: {
    subscribe(topic: string, handler: (topic: string, data: never) => void): void;
    unsubscribe(topic: string, handler: (topic: string, data: never) => void): void;
  };
  editor: {
    createEditor(options: Record<string, unknown>): {
      getValue(): string;
      setValue(value: string, cursor?: number): void;
      destroy(): void;
      resize(): void;
    };
    prepareConfigNodeSelect?(node: EditorNode, property: string, type: string, prefix: string): void;
    validateNode(node: EditorNode): boolean;
    edit?(node: EditorNode): void;
  };
  view: { reveal(id: string, triggerHighlight?: boolean): void; redraw(full?: boolean): void };
  user: { hasPermission(permission: string): boolean };
  utils: { getNodeLabel(node: EditorNode, fallback?: string): string };
  popover: { tooltip(target: JQuery, content: string | (() => string), action?: string): unknown };
  clipboard: { copyText(text: string, element?: JQuery, message?: string): boolean };
  tourGuide: { run(path: string, done?: (error?: unknown) => void): void };
  text?: { bidi?: unknown };
}

declare const RED: EditorRED;
declare const $: JQueryStatic;
