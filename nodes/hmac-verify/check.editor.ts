/** The pane "check a request": paste headers and body, read whether they verify, and if not, which step differs. */
import { readDraft } from '../../editor/dialogs/draft.editor';
import { mayTest, showResult } from '../../editor/dialogs/test-button.editor';
import { post } from '../../editor/sidebar/api';
import { h, icon } from '../../editor/sidebar/dom';
import { _, textOr } from '../../editor/sidebar/words';
import { readFlow } from '../../editor/warnings/read.editor';

const STEPS = ['setup', 'header', 'form', 'parts', 'match', 'time'];

interface Explanation {
  verified: boolean;
  step: string;
  code: string;
  values: Record<string, string | number>;
  fix: Record<string, string | number> | null;
}

export function showCheck(node: EditorNode): void {
  $('.shelfwire-check [data-text]').each(function () {
    $(this).text(_(`verify.${this.dataset.text}`));
  });
  const headers = $('#shelfwire-check-headers');
  const body = $('#shelfwire-check-body');
  const out = $('#shelfwire-check-result')[0]!;
  const button = $('#shelfwire-check');
  if (!mayTest()) button.prop('disabled', true).attr('title', _('test.mayNot'));
  button.on('click', () => void check());

  async function check(): Promise<void> {
    button.prop('disabled', true);
    const wait: HTMLElement = h('div');
    showResult(wait, null, _('test.running'));
    out.replaceChildren(wait);
    try {
      const ask = { headers: headers.val(), body: body.val(), path: receiverPath(node) };
      draw(await post<Explanation>('verify', { ...readDraft(node, 'node-input'), ask }));
    } catch (thrown) {
      showResult(wait, false, thrown instanceof Error ? thrown.message : String(thrown));
    } finally {
      button.prop('disabled', false);
    }
  }

  function draw({ verified, step, code, values, fix }: Explanation): void {
    const verdict = h('div');
    const text = textOr(`verify.${code}`, '') ? _(`verify.${code}`, apart(values)) : code;
    showResult(verdict, verified, text);
    const failed = STEPS.indexOf(step);
    const reached = verified ? STEPS : STEPS.slice(0, failed + 1);
    const list = h('ol', { class: 'shelfwire-ticks' });
    for (const name of reached) {
      const ok = name !== step;
      list.append(
        h(
          'li',
          { class: ok ? 'shelfwire-good' : 'shelfwire-bad' },
          icon(ok ? 'check' : 'times'),
          ` ${_(`verify.step.${name}`)}`,
        ),
      );
    }
    // A token has neither form nor parts; what was not looked at is not ticked.
    const kind = $('#node-input-scheme').val();
    out.replaceChildren(verdict, kind === 'token' || kind === 'basic' ? '' : list);
    if (fix) out.append(applyButton(fix));
  }

  function applyButton(fix: Record<string, string | number>): HTMLElement {
    const apply = h('button', { type: 'button', class: 'red-ui-button' }, icon('magic'), ` ${_('verify.apply')}`);
    apply.addEventListener('click', () => {
      for (const [name, value] of Object.entries(fix))
        $(`#node-input-${name === 'id' ? 'nonce' : name}`)
          .val(String(value))
          .trigger('change');
      const done = h('div');
      showResult(done, true, _('verify.applied'));
      apply.replaceWith(done);
      button.focus();
    });
    return apply;
  }
}

/** Where the request came in, when the pasted lines do not say it: the path of the receiver in front. */
function receiverPath(node: EditorNode): string {
  const receiver = readFlow(new Map())
    .inFrontOf(node.id)
    .find(({ props }) => typeof props.path === 'string' || typeof props.url === 'string');
  const path = String(receiver?.props.path ?? receiver?.props.url ?? '');
  const root = (RED.settings.httpNodeRoot ?? '/').replace(/\/$/, '');
  return path === '' ? '' : `${root}${path.startsWith('/') ? '' : '/'}${path}`;
}

/** Keeps names and templates in order inside a text that runs from right to left. */
const apart = (values: Record<string, string | number>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, `\u2068${value}\u2069`]));
