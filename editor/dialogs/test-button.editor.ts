/** A button that tries what is typed, and says beside it what came out. */
import { h, icon } from '../sidebar/dom';
import { _, textOr } from '../sidebar/words';
import type { TestResult } from './draft.editor';

/** Texts by code; a newer server's code has its message. */
export function said({ code, message, values }: Pick<TestResult, 'code' | 'message' | 'values'>): string {
  return textOr(`test.${code}`, '') ? _(`test.${code}`, values) : message;
}

/** Shows a result: an icon that is read out by its text, never by its colour alone. */
export function showResult(target: HTMLElement, ok: boolean | null, text: string): void {
  target.className = `shelfwire-said${ok === null ? '' : ok ? ' shelfwire-good' : ' shelfwire-bad'}`;
  target.replaceChildren(icon(ok === null ? 'spinner fa-spin' : ok ? 'check' : 'times'), ` ${text}`);
}

export const mayTest = (): boolean =>
  RED.user.hasPermission('shelfwire.write') && RED.user.hasPermission('flows.write');

/**
 * @param into where the button and what it says are put
 * @param run tries it; what it throws is said as well
 */
export function testButton(into: JQuery, run: () => Promise<TestResult>): void {
  const out = h('div', { role: 'status', 'aria-live': 'polite' });
  const button = h(
    'button',
    { type: 'button', class: 'red-ui-button shelfwire-test' },
    icon('plug'),
    ` ${_('test.button')}`,
  );
  button.addEventListener('click', () => void go());
  if (!mayTest()) {
    button.disabled = true;
    button.title = _('test.mayNot');
  }
  into.append(button, out);

  async function go(): Promise<void> {
    await oneAtATime(button, () => sayTest(out, run));
  }
}

/** While it runs a second press does nothing. Not `disabled`, which would take the focus away from who pressed it. */
export async function oneAtATime(button: HTMLElement, work: () => Promise<void>): Promise<void> {
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  try {
    await work();
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

/** @param about what was tested, where several things can be */
export async function sayTest(out: HTMLElement, run: () => Promise<TestResult>, about = ''): Promise<void> {
  const before = about === '' ? '' : `\u2068${about}\u2069: `;
  showResult(out, null, before + _('test.running'));
  try {
    const result = await run();
    showResult(out, result.ok, before + said(result));
  } catch (thrown) {
    showResult(out, false, before + (thrown instanceof Error ? thrown.message : String(thrown)));
  }
}
