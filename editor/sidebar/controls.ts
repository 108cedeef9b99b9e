/** Buttons, confirmations and notes, the same in every view. */
import { type Child, h, icon } from './dom';
import { _, isRightToLeft } from './words';

export const mayWrite = (): boolean => RED.user.hasPermission('shelfwire.write');

interface ButtonOptions {
  icon?: string;
  title?: string;
  /** Only for those who may change something: shown to others, but disabled, with the reason. */
  write?: boolean;
  /** Shows only the icon; the label is read out and is the tooltip. */
  bare?: boolean;
  /** Of a form: Enter in one of its fields presses it. */
  submit?: boolean;
  class?: string;
}

/** While the action runs a second press does nothing; what it throws is shown. */
export function button(label: string, act: () => unknown, options: ButtonOptions = {}): HTMLButtonElement {
  const element = h(
    'button',
    {
      type: options.submit ? 'submit' : 'button',
      class: `red-ui-button red-ui-button-small ${options.class ?? ''}`,
      title: options.title ?? (options.bare ? label : null),
      'aria-label': options.bare ? label : null,
      onclick: () => void run(element, act),
    },
    options.icon ? icon(options.icon) : null,
    options.bare ? null : options.icon ? ` ${label}` : label,
  );
  if (options.write && !mayWrite()) {
    element.disabled = true;
    element.title = _('error.readOnly');
  }
  return element;
}

async function run(element: HTMLButtonElement, act: () => unknown): Promise<void> {
  // Not `disabled`, which would take the focus away from who pressed it.
  if (element.getAttribute('aria-disabled') === 'true') return;
  element.setAttribute('aria-disabled', 'true');
  try {
    await act();
  } catch (thrown) {
    complain(thrown);
  } finally {
    element.removeAttribute('aria-disabled');
  }
}

/** What is shown comes from the server or from data: text, never markup. Node-RED's own notes run from left to right. */
export const note = (text: string): HTMLElement => h('p', { dir: isRightToLeft() ? 'rtl' : null }, text);

export function tell(text: string, type: 'success' | 'warning' | 'error' = 'success'): void {
  RED.notify(note(text), { type, timeout: type === 'error' ? 10_000 : 4_000 });
}

export function complain(thrown: unknown): void {
  tell(thrown instanceof Error ? thrown.message : String(thrown), 'error');
}

/** Asks before something that cannot be taken back. Escape says no. */
export function confirm(text: string, go: string): Promise<boolean> {
  const asked = document.activeElement as HTMLElement | null;
  return new Promise((resolve) => {
    const answer = (yes: boolean) => () => {
      document.removeEventListener('keydown', onEscape, true);
      notification.close();
      asked?.focus();
      resolve(yes);
    };
    const onEscape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      answer(false)();
    };
    document.addEventListener('keydown', onEscape, true);
    const notification = RED.notify(note(text), {
      modal: true,
      fixed: true,
      buttons: [
        { text: _('cancel'), click: answer(false) },
        { text: go, class: 'primary', click: answer(true) },
      ],
    });
  });
}

/** A select with its label read out; the first option is the usual one. */
export function choice(
  label: string,
  options: [value: string, text: string][],
  changed: () => void,
): HTMLSelectElement {
  return h(
    'select',
    { 'aria-label': label, title: label, onchange: changed },
    ...options.map(([value, text]) => h('option', { value }, text)),
  );
}

/** Its button of type `submit` does the work: a form of several fields without one takes no Enter. */
export function form(css: string, ...children: Child[]): HTMLFormElement {
  return h('form', { class: css, onsubmit: (event) => event.preventDefault() }, ...children);
}

/** A labelled line of text. */
export function field(
  label: string,
  attributes: Record<string, string> = {},
): { element: HTMLLabelElement; input: HTMLInputElement } {
  const input = h('input', {
    type: 'text',
    // Neither the browser's nor a password manager's own ideas.
    autocomplete: attributes.type === 'password' ? 'new-password' : 'off',
    dir: 'auto',
    ...attributes,
  });
  return { element: h('label', {}, h('span', {}, label), input), input };
}
